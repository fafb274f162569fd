package io.jbox.uapi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our numbers against those of the headers, where the machine has them (linux-libc-dev). */
class ConstantsTest {
    private static final Path X86 = Path.of("/usr/include/x86_64-linux-gnu/asm/unistd_64.h");
    private static final Path GENERIC = Path.of("/usr/include/asm-generic/unistd.h");
    private static final Pattern DEFINE = Pattern.compile("#define __NR(?:3264)?_(\\w+) (\\d+)");

    /** The headers that know some: the version of Linux is that of LINUX_VERSION_CODE. */
    private static final Map<String, Integer> SINCE =
            Map.of("MFD_EXEC", 6 << 16 | 3 << 8, "NS_GET_MNTNS_ID", 6 << 16 | 11 << 8);

    private static final List<String> KERNEL_HEADERS = List.of(
            "linux/bpf.h",
            "linux/capability.h",
            "linux/close_range.h",
            "linux/fcntl.h",
            "linux/fs.h",
            "linux/futex.h",
            "linux/if_addr.h",
            "linux/if_link.h",
            "linux/inotify.h",
            "linux/keyctl.h",
            "linux/limits.h",
            "linux/magic.h",
            "linux/memfd.h",
            "linux/mman.h",
            "linux/mount.h",
            "linux/net_namespace.h",
            "linux/netlink.h",
            "linux/nsfs.h",
            "linux/openat2.h",
            "linux/pkt_cls.h",
            "linux/pkt_sched.h",
            "linux/prctl.h",
            "linux/resource.h",
            "linux/rtnetlink.h",
            "linux/sched.h",
            "linux/seccomp.h",
            "linux/signal.h",
            "linux/ethtool.h",
            "linux/sockios.h",
            "linux/stat.h",
            "linux/version.h",
            "linux/veth.h",
            "linux/wait.h",
            "asm/ioctls.h",
            "asm/poll.h");
    private static final List<String> LIBC_HEADERS = List.of(
            "fcntl.h",
            "poll.h",
            "sched.h",
            "signal.h",
            "stdio.h",
            "unistd.h",
            "net/if.h",
            "sys/file.h",
            "sys/inotify.h",
            "sys/ioctl.h",
            "sys/mman.h",
            "sys/mount.h",
            "sys/prctl.h",
            "sys/resource.h",
            "sys/signalfd.h",
            "sys/socket.h",
            "sys/stat.h",
            "sys/wait.h");

    /** Names of our own for what is put together, and one of linux/if.h, which is included with no other header. */
    private static final Set<String> IN_NO_HEADER = Set.of(
            "IFF_LOWER_UP", "IFF_SETTABLE", "TC_ALL_PROTOCOLS", "TC_FIRST", "TC_H_CLSACT_INGRESS", "TC_H_CLSACT_QDISC");

    @TempDir
    private Path folder;

    @Test
    void everySystemCallHasTheNumberOfTheHeaders() throws IOException {
        assumeTrue(Files.exists(X86) && Files.exists(GENERIC), "linux-libc-dev is not installed");
        Map<String, Integer> x86 = numbers(X86);
        Map<String, Integer> generic = numbers(GENERIC);

        for (Syscall call : Syscall.values()) {
            assertThat(x86).containsKey(call.kernelName());
            assertThat(generic).containsKey(call.kernelName());
            assertThat(call.number(Processor.X86_64)).as(call.kernelName()).isEqualTo(x86.get(call.kernelName()));
            assertThat(call.number(Processor.AARCH64)).as(call.kernelName()).isEqualTo(generic.get(call.kernelName()));
        }
    }

    @Test
    void everyConstantHasTheValueOfTheHeaders() throws IOException, IllegalAccessException {
        assumeTrue(isThere("gcc"), "needs gcc, libc6-dev and linux-libc-dev");
        Map<String, Long> ours = constants();
        for (Flag flag : Flag.values()) {
            ours.put(flag.name(), flag.value(Processor.current()));
        }
        ours.keySet().removeAll(IN_NO_HEADER);
        // One can be used without the other only: they define the same structures.
        Map<String, Long> kernels = values(KERNEL_HEADERS, ours.keySet());
        Map<String, Long> libcs = values(LIBC_HEADERS, ours.keySet());
        Set<String> nowhere = new TreeSet<>(ours.keySet());
        nowhere.removeAll(kernels.keySet());
        nowhere.removeAll(libcs.keySet());

        long version = values(KERNEL_HEADERS, Set.of("LINUX_VERSION_CODE")).getOrDefault("LINUX_VERSION_CODE", 0L);
        nowhere.removeIf(name -> version < SINCE.getOrDefault(name, 0));
        assertThat(nowhere).as("in no header").isEmpty();
        kernels.forEach((name, value) -> assertThat(ours.get(name)).as(name).isEqualTo(value));
        libcs.forEach((name, value) -> assertThat(ours.get(name)).as(name).isEqualTo(value));
    }

    @Test
    void eachNameLeadsToTheConstantThatIsCalledSo() throws IllegalAccessException {
        Map<String, Long> constants = constants();
        for (Flag flag : Flag.values()) {
            Long constant = constants.get(flag.name());
            if (constant != null) {
                assertThat(flag.value(Processor.X86_64)).as(flag.name()).isEqualTo(constant);
            }
        }
    }

    /** Those whose names are put together. */
    @Test
    void limitsAndNamespacesAreThereByName() throws IllegalAccessException {
        Set<String> names = new TreeSet<>();
        for (Flag flag : Flag.values()) {
            names.add(flag.name());
        }
        for (String name : constants().keySet()) {
            if (name.startsWith("RLIMIT_") || name.startsWith("CLONE_NEW")) {
                assertThat(names).contains(name);
            }
        }
    }

    @Test
    void openFlagsDifferBetweenTheProcessors() {
        assertThat(Flag.O_DIRECTORY.value(Processor.X86_64)).isEqualTo(0200000);
        assertThat(Flag.O_DIRECTORY.value(Processor.AARCH64)).isEqualTo(040000);
        assertThat(Flag.O_NOFOLLOW.value(Processor.X86_64)).isEqualTo(0400000);
        assertThat(Flag.O_NOFOLLOW.value(Processor.AARCH64)).isEqualTo(0100000);
    }

    private static Map<String, Integer> numbers(Path header) throws IOException {
        Map<String, Integer> numbers = new TreeMap<>();
        Matcher matcher = DEFINE.matcher(Files.readString(header));
        while (matcher.find()) {
            numbers.put(matcher.group(1), Integer.parseInt(matcher.group(2)));
        }
        return numbers;
    }

    private static Map<String, Long> constants() throws IllegalAccessException {
        Map<String, Long> constants = new TreeMap<>();
        for (Class<?> table : List.of(Constants.class, Rtnl.class)) {
            for (Field field : table.getFields()) {
                Long other = constants.put(field.getName(), field.getLong(null));
                assertThat(other).as(field.getName()).isIn(null, field.getLong(null));
            }
        }
        return constants;
    }

    private static boolean isThere(String tool) {
        return Stream.of(System.getenv("PATH").split(":")).anyMatch(path -> Files.isExecutable(Path.of(path, tool)));
    }

    /** What a C program prints of names; those that the headers do not know are left out. */
    private Map<String, Long> values(List<String> headers, Set<String> names) throws IOException {
        Set<String> known = new TreeSet<>(names);
        Path program = folder.resolve("program");
        for (int attempt = 0; attempt < 2; attempt++) {
            StringBuilder source = new StringBuilder("#define _GNU_SOURCE\n");
            headers.forEach(header -> source.append("#include <").append(header).append(">\n"));
            source.append("extern int printf(const char *, ...);\nint main(void) {\n");
            known.forEach(name -> source.append("printf(\"")
                    .append(name)
                    .append(" %lld\\n\", (long long) (")
                    .append(name)
                    .append("));\n"));
            Path file = Files.writeString(folder.resolve("program.c"), source.append("}\n"));
            String said = output("gcc", "-fmax-errors=0", "-o", program.toString(), file.toString());
            Matcher unknown = Pattern.compile("'(\\w+)' undeclared").matcher(said);
            while (unknown.find()) {
                known.remove(unknown.group(1));
            }
        }
        Map<String, Long> values = new TreeMap<>();
        for (String line : output(program.toString()).split("\n")) {
            String[] words = line.split(" ");
            values.put(words[0], Long.parseLong(words[1]));
        }
        return values;
    }

    private static String output(String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("LC_ALL", "C");
        return new String(builder.start().getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
