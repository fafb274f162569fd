package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code jbox run}, as people type it. */
class RunIT {
    @TempDir
    private Path folder;

    @BeforeAll
    static void host() {
        TestHost.require();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "exit 0 | 0",
                "exit 3 | 3",
                "exit 255 | 255",
                "kill -9 $$ | 137",
                "kill -TERM $$ | 143",
                "sleep 100 & exit 5 | 5",
            })
    void passesOnTheExitCode(String script, int code) {
        assertThat(sh(script).exitCode()).isEqualTo(code);
    }

    @ParameterizedTest
    @CsvSource({"nosuch, 127", "/no/such, 127", "'', 127", "/etc/passwd, 126", "/etc, 126"})
    void saysWhyACommandCannotBeExecuted(String command, int code) {
        Result result = TestHost.jbox("run", "bbox-empty", "--", command);

        assertThat(result.exitCode()).isEqualTo(code);
        assertThat(result.err()).startsWith("jbox: bbox-empty: execute \"" + command + "\": ");
    }

    /** What keeps a box from being set up is told by its cause, not by the kernel's word for it alone. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "rootfs.path=/dev/null                            | it is a file, not a folder; mount a disk or an image first",
                "rootfs.path=overlay:ROOT:/nope:/run/up           | each of its layers must be there",
                "mount.entry=[\"/etc mnt bind\"]                  | write the type none, and bind among the options",
                "mount.entry=[\"x mnt procfs\"]                   | it is called proc",
                "mount.entry=[\"/tmp proc/x none bind,create=dir\"] | nothing can be created in /proc and /sys",
                "net=[{type: empty, flags: up, ipv4: {address: 'fe80::1/64'}}] | is an IPv6 address",
                "net=[{type: empty, flags: up, ipv6: {address: '10.0.0.1/8'}}] | is an IPv4 address",
                "sysctl={net.ipv4.ping_group_range: '0 4294967294'} | only group ids that the box has",
                "hook.pre-start=[./x]                              | hooks on the host run in /"
            })
    void namesTheCauseOfWhatCannotBe(String setting, String cause) {
        Result result =
                TestHost.jbox("run", "bbox-empty", "-s", setting.replace("ROOT", TestHost.ROOTFS), "--", "true");

        assertThat(result.exitCode()).isEqualTo(125);
        assertThat(result.err()).contains(cause).contains("command line:1:");
    }

    @Test
    void wrongUsageIsTwo() {
        assertThat(TestHost.jbox("run", "bbox-empty").exitCode()).isEqualTo(2);
        assertThat(TestHost.jbox("run", "--nosuch", "bbox-empty", "--", "true").exitCode())
                .isEqualTo(2);
        assertThat(TestHost.jbox("nosuch").exitCode()).isEqualTo(2);
    }

    @Test
    void pipesWork() throws IOException, InterruptedException {
        Process process = TestHost.builder(TestHost.command("run", "bbox-empty", "--", "cat"))
                .start();
        byte[] sent = "0123456789abcdef\n".repeat(100_000).getBytes(StandardCharsets.UTF_8);
        Thread writer = new Thread(() -> {
            try (var out = process.getOutputStream()) {
                out.write(sent);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        writer.start();

        assertThat(TestHost.output(process)).isEqualTo(sent);
        assertThat(process.waitFor()).isZero();
    }

    @Test
    void filesAreCarriedAndCannotBeReached() throws IOException, InterruptedException {
        Path in = folder.resolve("in");
        Path out = folder.resolve("out");
        Files.writeString(in, "original\n");
        Files.writeString(out, "before\n");
        Process process = TestHost.builder(
                        TestHost.command(
                                "run",
                                "bbox-empty",
                                "--",
                                "sh",
                                "-c",
                                "cat; (echo x >/proc/self/fd/0) 2>/dev/null; chmod 4777 /proc/self/fd/0 /proc/self/fd/1 2>/dev/null; true"))
                .redirectInput(in.toFile())
                .redirectOutput(ProcessBuilder.Redirect.appendTo(out.toFile()))
                .start();

        assertThat(process.waitFor()).isZero();
        assertThat(in).hasContent("original\n");
        assertThat(Files.readString(out)).startsWith("before\noriginal\n");
        assertThat((int) Files.getAttribute(in, "unix:mode") & 07777).isLessThan(01000);
        assertThat((int) Files.getAttribute(out, "unix:mode") & 07777).isLessThan(01000);
    }

    @Test
    void outputThatCannotBeWrittenIsAnError() throws IOException, InterruptedException {
        Process process = TestHost.builder(TestHost.command("run", "bbox-empty", "--", "echo", "hi"))
                .redirectOutput(Path.of("/dev/full").toFile())
                .start();
        String err = new String(TestHost.errors(process), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).isEqualTo(125);
        assertThat(err).isEqualTo("jbox: descriptor 1: write: No space left on device (ENOSPC)\n");
    }

    @Test
    void theHostsNullDeviceStaysTheHosts() throws IOException {
        Object before = Files.getAttribute(Path.of("/dev/null"), "unix:mode");

        String script = "chmod 600 /proc/self/fd/0; chown 1:1 /proc/self/fd/0; ls -l /dev/null";

        assertThat(sh(script).out()).startsWith("crw-rw-rw- ");
        assertThat(TestHost.jbox("run", "bbox-empty", "-s", "idmap=none", "--", "sh", "-c", script)
                        .out())
                .startsWith("crw------- ");
        assertThat(Files.getAttribute(Path.of("/dev/null"), "unix:mode")).isEqualTo(before);
        assertThat(Files.getAttribute(Path.of("/dev/null"), "unix:uid")).isEqualTo(0);
    }

    @Test
    void everyNamespaceIsTheBoxsOwn() throws IOException {
        String[] names = {"mnt", "pid", "uts", "ipc", "net", "cgroup"};
        Result result = sh("for n in " + String.join(" ", names) + "; do readlink /proc/self/ns/$n; done");

        List<String> inside = result.out().lines().toList();
        assertThat(inside).hasSize(names.length);
        for (int i = 0; i < names.length; i++) {
            assertThat(inside.get(i))
                    .startsWith(names[i] + ":[")
                    .isNotEqualTo(Files.readSymbolicLink(Path.of("/proc/self/ns", names[i]))
                            .toString());
        }
    }

    @Test
    void psShowsOnlyItsOwn() {
        assertThat(sh("ps -o pid,comm").out().lines().toList())
                .hasSize(3)
                .anySatisfy(line -> assertThat(line).matches(" +1 jbox-init"));
    }

    @Test
    void nothingOfTheHostsMountsIsVisible() {
        List<String> mounts = sh("cat /proc/self/mounts").out().lines().toList();

        assertThat(mounts)
                .allSatisfy(mount ->
                        assertThat(mount.split(" ")[1]).matches("/|/(dev|proc|sys)(/.*)?|/etc/(hosts|hostname)"));
        assertThat(mounts.stream().filter(mount -> mount.split(" ")[1].matches("/proc/.*|/sys(/.*)?")))
                .isNotEmpty()
                .allSatisfy(mount -> assertThat(mount).contains("nosuid"))
                .filteredOn(mount -> mount.startsWith("proc ") || mount.startsWith("sysfs "))
                .allSatisfy(mount -> assertThat(mount).contains("nosuid,nodev,noexec"));
        assertThat(mounts).anyMatch(mount -> mount.startsWith("proc /proc/sys proc ro,"));
    }

    @Test
    void usersOfABoxNeedNotSeeEachOthersProcesses() {
        String script = "su -s /bin/sh nobody -c 'ls -d /proc/1 2>&1; ls -d /proc/$$ | wc -l'";

        assertThat(sh(script).out()).startsWith("/proc/1\n");
        assertThat(TestHost.jbox("run", "bbox-empty", "-s", "mount.hidepid=invisible", "--", "sh", "-c", script)
                        .out())
                .contains("No such file")
                .endsWith("1\n");
    }

    @Test
    void masksAndReadOnlyPathsHold() {
        String script = "head -c1 /proc/kcore; wc -c </proc/keys; wc -c </proc/timer_list; ls /sys/firmware | wc -l;"
                + " echo 1 2>/dev/null >/proc/sys/kernel/panic || echo ro; echo b 2>/dev/null >/proc/sysrq-trigger || echo ro;"
                + " echo 1 2>/dev/null >/proc/sys/net/ipv4/ip_forward || echo no;"
                + " mount -o remount,rw /proc/sys 2>/dev/null || echo no; umount /proc/sys 2>/dev/null || echo no;"
                + " mknod /tmp/sda b 8 0 2>/dev/null || echo no; chroot / true && echo yes";

        assertThat(sh(script).out().lines().map(String::strip))
                .containsExactly("0", "0", "0", "ro", "ro", "no", "no", "no", "no", "yes");
        String forwards = "echo 1 >/proc/sys/net/ipv4/ip_forward && cat /proc/sys/net/ipv4/ip_forward";
        assertThat(TestHost.jbox("run", "bbox-empty", "-s", "cap.add=[net_admin]", "--", "sh", "-c", forwards)
                        .out())
                .isEqualTo("1\n");
    }

    @Test
    void noDescriptorLeaksIn() throws IOException, InterruptedException {
        Path secret = folder.resolve("secret");
        Files.writeString(secret, "secret");
        List<String> command =
                new ArrayList<>(List.of("sh", "-c", "exec 7<" + secret + " 8<" + folder + "; exec \"$@\"", "sh"));
        command.addAll(TestHost.command("run", "bbox-empty", "--", "sh", "-c", "ls /proc/self/fd | wc -w"));

        // 0, 1, 2, and the listing's own
        assertThat(TestHost.run(command, Map.of()).out().strip()).isEqualTo("4");
    }

    @Test
    void aClosedStandardDescriptorBecomesTheNullDevice() {
        List<String> command = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" <&- 2>&-", "sh"));
        command.addAll(TestHost.command(
                "run", "bbox-empty", "--", "sh", "-c", "readlink /proc/self/fd/0; readlink /proc/self/fd/2"));

        assertThat(TestHost.run(command, Map.of()).out()).isEqualTo("/dev/null\n/dev/null\n");
    }

    @Test
    void theWorkingFolderCannotBeASetUpDescriptor() throws IOException {
        Files.createSymbolicLink(Path.of(TestHost.ROOTFS, "wd"), Path.of("/proc/self/fd"));
        try {
            for (int number = 3; number < 40; number++) {
                assertThat(TestHost.jbox("run", "-w", "/wd/" + number, "bbox-empty", "--", "pwd")
                                .exitCode())
                        .isEqualTo(125);
                number += 4;
            }
        } finally {
            Files.delete(Path.of(TestHost.ROOTFS, "wd"));
        }
    }

    @Test
    void theEnvironmentIsCleared() {
        Result result = TestHost.run(
                TestHost.command("run", "-e", "A=b", "-e", "PATH=/usr/bin", "-w", "/tmp", "bbox-empty", "--", "env"),
                Map.of("SECRET", "x"));

        assertThat(result.out().lines())
                .contains("A=b", "PATH=/usr/bin", "container=jbox", "HOME=/root")
                .noneMatch(line -> line.startsWith("SECRET") || line.startsWith("JAVA_HOME"));
    }

    @Test
    void forwardsSignalsAndReapsOrphans() throws IOException, InterruptedException {
        String script = "trap 'echo got TERM; exit 7' TERM; (sleep 0.1 &) ; sleep 0.4; ps -o stat,comm | grep -c '^Z';"
                + " echo ready; while :; do sleep 0.1; done";
        Process process = TestHost.builder(TestHost.command("run", "bbox-empty", "--", "sh", "-c", script))
                .start();
        try (var out = process.inputReader()) {
            assertThat(out.readLine()).isEqualTo("0");
            assertThat(out.readLine()).isEqualTo("ready");
            process.toHandle().destroy();
            assertThat(out.readLine()).isEqualTo("got TERM");
        }
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(7);
    }

    @Test
    void thePseudoTerminalIsTheBoxsOwn() {
        Result result = TestHost.jbox(
                "run",
                "-t",
                "bbox-empty",
                "--",
                "sh",
                "-c",
                "tty; test -t 0 && test -t 1 && echo terminal; exec 3</dev/tty && echo controlling");

        assertThat(result.out()).isEqualTo("/dev/console\r\nterminal\r\ncontrolling\r\n");
    }

    @Test
    void aUserNamespaceMapsTheRootFileSystem() throws IOException {
        Result result = TestHost.jbox(
                "run",
                "-s",
                "idmap=[u 0 100000 65536, g 0 100000 65536]",
                "bbox-empty",
                "--",
                "sh",
                "-c",
                "id -u; stat -c %u /bin/busybox; touch /tmp/mapped && stat -c %u /tmp/mapped; echo x >/dev/null && echo null; cat /proc/self/uid_map");

        assertThat(result.out().lines().map(line -> line.strip().replaceAll(" +", " ")))
                .containsExactly("0", "0", "0", "null", "0 100000 65536");
        assertThat(Files.getAttribute(Path.of(TestHost.ROOTFS, "tmp/mapped"), "unix:uid"))
                .isEqualTo(0);
        Files.delete(Path.of(TestHost.ROOTFS, "tmp/mapped"));
    }

    @Test
    void devptsComesWithoutAGroupWhereOnlyOneIdIsMapped() {
        Result result = TestHost.jbox(
                "run",
                "-s",
                "idmap=[u 0 100000 1, g 0 100000 1]",
                "bbox-empty",
                "--",
                "sh",
                "-c",
                "ls -d /dev/pts/ptmx");

        assertThat(result.out()).isEqualTo("/dev/pts/ptmx\n");
    }

    @Test
    void mountEntriesStayBeneathTheRoot() throws IOException {
        Path host = Files.createDirectory(folder.resolve("host"));
        Files.writeString(host.resolve("file"), "from the host");
        Files.createSymbolicLink(Path.of(TestHost.ROOTFS, "out"), folder);
        try {
            Path yaml = folder.resolve("entries.yaml");
            Files.writeString(
                    yaml,
                    "rootfs: {path: " + TestHost.ROOTFS + "}\nmount:\n  entry:\n"
                            + "    - host srv/a/b none bind,ro,create=dir\n"
                            + "    - /no/such srv/c none bind,optional\n"
                            + "    - host/file etc/one none bind,create=file\n");

            Result good = TestHost.jbox(
                    "run",
                    "-f",
                    yaml.toString(),
                    "--",
                    "sh",
                    "-c",
                    "cat /srv/a/b/file /etc/one; touch /srv/a/b/x 2>/dev/null || echo ' ro'");
            Result bad = TestHost.jbox(
                    "run", "-f", yaml.toString(), "-s", "mount.entry=host out/x none bind,create=dir", "--", "true");

            assertThat(good.out()).isEqualTo("from the hostfrom the host ro\n");
            assertThat(bad.exitCode()).isEqualTo(125);
            assertThat(new File(folder.toFile(), "x")).doesNotExist();
        } finally {
            Files.delete(Path.of(TestHost.ROOTFS, "out"));
            TestHost.run(List.of("rm", "-rf", TestHost.ROOTFS + "/srv/a", TestHost.ROOTFS + "/etc/one"), Map.of());
        }
    }

    @Test
    void usersCapabilitiesAndLimitsAreAsConfigured() {
        Result result = TestHost.jbox(
                "run",
                "sandbox",
                "--",
                "sh",
                "-c",
                "id; grep -E 'Cap(Eff|Bnd|Amb)|NoNewPrivs' /proc/self/status | tr '\\t\\n' '  '; ulimit -n; touch /x 2>/dev/null || echo ro; touch /tmp/x && echo rw; pwd");

        assertThat(result.out())
                .isEqualTo(
                        "uid=65534(nobody) gid=65534(nogroup)\n"
                                + "CapEff: 0000000000000000 CapBnd: 0000000000000000 CapAmb: 0000000000000000 NoNewPrivs: 1 256\nro\nrw\n/tmp\n");
    }

    @Test
    void longArgumentsAreNoProblemOfOurs() {
        String words = "x".repeat(100_000);

        assertThat(TestHost.jbox("run", "bbox-empty", "--", "sh", "-c", "echo ${#1}", "sh", words)
                        .out())
                .isEqualTo("100000\n");
    }

    private static Result sh(String script) {
        return TestHost.jbox("run", "bbox-empty", "--", "sh", "-c", script);
    }
}
