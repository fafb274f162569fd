package io.jbox.testhost;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.TestHost.Result;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The tools of util-linux and iproute2 that are installed here, side by side with jbox's. */
public final class Originals {
    /** An ordinary user with subordinate ids, as long as {@link #makeUser} is in effect. */
    public static final long UID = 4242;

    private static final Path FOLDER = Path.of("/run/originals");
    private static final List<String> AS_USER =
            List.of("setpriv", "--reuid=4242", "--regid=4242", "--clear-groups", "--inh-caps=-all");

    /** What a program can tell of where it has come to, in words that do not differ from one run to the next. */
    private static final String PROBE = """
            for kind in cgroup ipc mnt net pid time user uts pid_for_children time_for_children; do
                now=$(readlink /proc/self/ns/$kind) eval "was=\\$WAS_$kind"
                [ "$now" = "$was" ] && echo "$kind same" || echo "$kind new"
            done
            id -u; id -g; id -G
            grep -E '^(Cap|NoNewPrivs|Sig(Blk|Ign))' /proc/self/status
            cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups
            cat /proc/self/timens_offsets
            pwd
            [ $$ = 1 ] && echo "first process"
            grep -cE ' shared:' /proc/self/mountinfo
            grep -cE ' master:' /proc/self/mountinfo
            ls /proc/self/fd | wc -l
            """;

    private Originals() {}

    /** The words of the probe. */
    public static List<String> probe() {
        return List.of("sh", FOLDER + "/probe");
    }

    /** Variables that the probe compares with. */
    public static Map<String, String> whereWeAre() {
        Map<String, String> variables = new HashMap<>();
        for (String kind : List.of(
                "cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts", "pid_for_children", "time_for_children")) {
            try {
                variables.put(
                        "WAS_" + kind,
                        Files.readSymbolicLink(Path.of("/proc/self/ns", kind)).toString());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return variables;
    }

    /** Makes the probe, and the user known in this test host: files of its own over those of the machine. */
    public static void makeUser() throws IOException {
        Files.createDirectories(FOLDER);
        String ids = "tester:300000:65536\n";
        Files.writeString(FOLDER.resolve("probe"), PROBE);
        replace("/etc/subuid", ids);
        replace("/etc/subgid", ids);
        replace("/etc/passwd", Files.readString(Path.of("/etc/passwd")) + "tester:x:4242:4242::/:/bin/sh\n");
        replace("/etc/group", Files.readString(Path.of("/etc/group")) + "tester:x:4242:\n");
    }

    /** Whether the user has ids in /etc/subuid and /etc/subgid. */
    public static void giveIds(boolean has) throws IOException {
        for (String file : List.of("subuid", "subgid")) {
            Files.writeString(
                    FOLDER.resolve(file), has ? "tester:300000:1000\ntester:400000:64536\n" : "other:300000:65536\n");
        }
    }

    private static void replace(String file, String text) throws IOException {
        Path own = FOLDER.resolve(file.substring(file.lastIndexOf('/') + 1));
        Files.writeString(own, text);
        if (!Files.exists(Path.of(file))) {
            throw new IllegalStateException(file + " is missing: apt install uidmap");
        }
        Wires.sh("mount --bind " + own + " " + file);
    }

    /** Takes those files away again. */
    public static void forgetUser() {
        Wires.sh("umount /etc/subuid /etc/subgid /etc/passwd /etc/group");
    }

    /** The same command as the ordinary user. */
    public static List<String> asUser(List<String> command) {
        List<String> words = new ArrayList<>(AS_USER);
        words.addAll(command);
        return words;
    }

    /** The original's command line. */
    public static List<String> original(String tool, List<String> arguments) {
        List<String> words = new ArrayList<>(tool.equals("netns") ? List.of("ip", "netns") : List.of(tool));
        words.addAll(arguments);
        return words;
    }

    /** Ours. */
    public static List<String> ours(String tool, List<String> arguments) {
        List<String> words = new ArrayList<>(List.of("bin/jbox", tool));
        boolean processes = arguments.stream().anyMatch(word -> word.matches("[0-9]+"));
        if (tool.equals("lsns") && !processes && !arguments.contains("-P")) {
            // The original of Debian 12 does not list namespaces that no process is in.
            words.addAll(List.of("-Q", "NPROCS > 0"));
        }
        words.addAll(arguments);
        return words;
    }

    /**
     * Runs both, and asserts that they end and print the same.
     *
     * @param user whether as the ordinary user
     * @return what the original did
     */
    public static Result compare(boolean user, String tool, List<String> arguments) {
        Result original = run(user, original(tool, arguments));
        Result ours = run(user, ours(tool, arguments));
        String what = tool + " " + String.join(" ", arguments) + "\n" + original.err() + ours.err();
        assertThat(ours.exitCode()).as(what).isEqualTo(original.exitCode());
        assertThat(ours.out()).as(what).isEqualTo(original.out());
        return original;
    }

    /** Runs one. */
    public static Result run(boolean user, List<String> command) {
        Map<String, String> variables = whereWeAre();
        if (user) {
            variables.put("HOME", "/nonexistent");
        }
        return TestHost.run(user ? asUser(command) : command, variables);
    }
}
