package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.Originals;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code jbox unshare} beside unshare(1), at the same moment on the same machine. */
class UnshareIT {
    private static final Path KEPT = Path.of("/run/kept");
    private static List<String> before = List.of();

    @BeforeAll
    static void host() throws IOException {
        TestHost.require();
        before = TestHost.state();
        Originals.makeUser();
        Files.createDirectories(KEPT);
    }

    @AfterAll
    static void nothingIsLeft() {
        Originals.forgetUser();
        Boxes.awaitState(before);
    }

    private static List<String> words(String options, List<String> program) {
        List<String> words = new ArrayList<>(options.isEmpty() ? List.of() : List.of(options.split(" ")));
        words.addAll(program);
        return words;
    }

    private static void compare(boolean user, String options) {
        Originals.compare(user, "unshare", words(options, Originals.probe()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-m",
                "-u",
                "-i",
                "-n",
                "-p",
                "-U",
                "-C",
                "-T",
                "-f",
                "-fp",
                "-muinpUCT",
                "-fmuinpUCT",
                "--mount --uts --ipc --net --pid --user --cgroup --time --fork",
                "--mou -f",
                "-fp --mount-proc",
                "-fpr --mount-proc",
                "-f --kill-child -p",
                "-p --kill-child=SIGTERM",
                "--kill-child=TERM",
                "-r",
                "-c",
                "-rc",
                "-cr",
                "-U --map-user=7 --map-group=8",
                "--map-user=nobody",
                "--map-group=daemon",
                "-r --map-user=5",
                "-U --setgroups=deny",
                "-U --setgroups=allow",
                "-r --setgroups=deny",
                "-r --setgroups=allow",
                "-m --propagation=private",
                "-m --propagation=slave",
                "-m --propagation=shared",
                "-m --propagation=unchanged",
                "-R /",
                "-m -w /tmp",
                "-R / -w /usr",
                "-S 65534",
                "-G 65534",
                "-S 65534 -G 65534",
                "-r -S 0 -G 0",
                "-r --keep-caps",
                "-c --keep-caps",
                "-U --keep-caps",
                "-U --map-user=7 --keep-caps",
                "-fT --monotonic=100 --boottime=200",
                "-fT --monotonic 86400",
                "-T --boottime=7"
            })
    void asRoot(String options) {
        compare(false, options);
    }

    /** util-linux asks newuidmap, which asks /etc/subuid, even for root; root needs neither. */
    /** As util-linux 2.42 does it: the maps are written by a child that is still root. */
    @ParameterizedTest
    @ValueSource(strings = {"-r", "--map-user=0 --map-group=0", "-c", "--map-users=0:0:2 --map-groups=0:0:2"})
    void aNamespaceOfAnotherOwnerIsMapped(String maps) {
        String owner = Wires.sh(
                "bin/jbox unshare -U --owner 4242:4242 " + maps + " -- perl -e 'open F, \"</proc/self/ns/user\";"
                        + " ioctl(F, 0xb704, $o = pack(\"L\", 0)) or print \"$!\"; open M, \"</proc/self/uid_map\"; print <M>'");

        assertThat(owner.trim().replaceAll(" +", " ")).matches("(Operation not permitted)?0 0 [12]");
    }

    /** execve's own limits are the only ones (MAX_ARG_STRLEN a string, a quarter of the stack in all). */
    @Test
    void anEnvironmentOfAMegabyteIsPassedOn() {
        Map<String, String> large = new HashMap<>();
        for (int i = 0; i < 10; i++) {
            large.put("LARGE" + i, "x".repeat(100_000));
        }

        Result result = TestHost.run(
                TestHost.command("unshare", "-u", "sh", "-c", "env | grep ^LARGE | wc -c; env | grep -c JBOX_ENV"),
                large);

        assertThat(result.out()).as(result.err()).isEqualTo("1000080\n0\n");
    }

    @Test
    void rootMapsWhateverItLikes() {
        String maps = "cat /proc/self/uid_map /proc/self/gid_map; id -u; id -g";

        assertThat(unshared("--map-users=1000,0,10 --map-groups 5:2000:20", maps))
                .isEqualTo("0 1000 10\n5 2000 20\n65534\n65534\n");
        assertThat(unshared("-r --map-users=1000,1,10", maps)).isEqualTo("0 0 1\n1 1000 10\n0 0 1\n0\n0\n");
        assertThat(unshared("--map-users=all --map-groups=all -S 7 -G 8", maps))
                .isEqualTo("0 0 4294967295\n0 0 4294967295\n7\n8\n");
    }

    private static String unshared(String options, String script) {
        Result result = Originals.run(false, Originals.ours("unshare", words(options, List.of("sh", "-c", script))));
        assertThat(result.err()).isEmpty();
        return result.out().replaceAll(" +", " ").replaceAll("(?m)^ ", "");
    }

    @Test
    void takesNamesOfUsersToo() {
        assertThat(unshared("--setuid=nobody --setgid=nogroup", "id -u; id -g; id -G"))
                .isEqualTo("65534\n65534\n65534\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-U",
                "-r",
                "-c",
                "-rm",
                "-rfp --mount-proc",
                "-rfpmuinCT --mount-proc",
                "-c --keep-caps",
                "-r --keep-caps",
                "-U --keep-caps",
                "--map-user=7",
                "--map-group=7",
                "--map-user=7 --map-group=9",
                "--map-auto",
                "-r --map-auto",
                "-c --map-auto",
                "--map-users=300000,0,100 --map-groups=300000,0,100",
                "--map-users=auto --map-groups=auto",
                "-r --setgroups=deny",
                "-U --setgroups=deny",
                "-rm -w /usr",
                "-r -S 0 -G 0",
                "--map-auto -S 0 -G 0",
                "-rfT --boottime=5"
            })
    void asAnOrdinaryUser(String options) {
        compare(true, options);
    }

    /** What must not work, does not work the same way. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "-m",
                "-n",
                "-fp",
                "--map-users=0,0,10",
                "--map-users=1,0,10 -r",
                "-r --setgroups=allow",
                "-r -S 5",
                "-r -G 5"
            })
    void anOrdinaryUserMayNot(String options) {
        Result original = Originals.compare(true, "unshare", words(options, List.of("true")));
        assertThat(original.exitCode()).isNotZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--no-such-option true",
                "-x true",
                "--mount-proc=/nonexistent true",
                "-m -R /nonexistent true",
                "-w /nonexistent true",
                "--propagation=strange true",
                "--setgroups=strange true",
                "--map-user=nosuchuser true",
                "-S nosuchuser true",
                "--boottime=5 true",
                "--kill-child=NOSUCH true",
                "--uts=/nonexistent true",
                "/nonexistent",
                "nosuchprogram",
                "/etc/passwd",
                "/etc",
                "-f nosuchprogram",
                "-f /etc/passwd",
                "--map-users=strange true",
                "--mo true",
                "--map-users=1,2 true"
            })
    void failsAsTheOriginalDoes(String words) {
        Result original = Originals.compare(false, "unshare", List.of(words.split(" ")));
        assertThat(original.exitCode()).isNotZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "exit 0",
                "exit 3",
                "exit 255",
                "kill -TERM $$",
                "kill -INT $$",
                "kill -SEGV $$",
                "kill -HUP $$",
                "kill -PIPE $$",
                "sleep 0.2 & exit 7"
            })
    void endsLikeTheProgram(String script) {
        for (String options : List.of("-u", "-f", "-fp", "-fp --kill-child")) {
            Originals.compare(false, "unshare", words(options, List.of("sh", "-c", script)));
        }
    }

    /** util-linux 2.38 fails to with --fork: it cannot unblock a signal that cannot be blocked. */
    @Test
    void endsLikeAProgramThatWasKilled() {
        for (String options : List.of("-u", "-f")) {
            assertThat(TestHost.jbox("unshare", options, "sh", "-c", "kill -9 $$")
                            .exitCode())
                    .isEqualTo(137);
        }
    }

    /** Scene 1: the shell keeps its PID namespace, its first child is PID 1 of the new one, and with it forking ends. */
    @Test
    void withoutForkTheSecondChildCannotBe() {
        String script = "sh -c 'echo first is $$' ; true & wait; ls / ; echo not reached";

        Result original = Originals.compare(false, "unshare", List.of("-u", "-p", "-i", "/bin/sh", "-c", script));

        assertThat(original.out()).isEqualTo("first is 1\n");
        Result ours = TestHost.jbox("unshare", "-u", "-p", "-i", "/bin/sh", "-c", script);
        assertThat(ours.err()).contains("Cannot fork");
        Result lsns = TestHost.jbox("unshare", "-upi", "/bin/sh", "-c", "exec lsns -n -o TYPE -p $$");
        assertThat(lsns.err()).doesNotContain("jbox");
        String own = TestHost.jbox("unshare", "-upi", "/bin/sh", "-c", "readlink /proc/$$/ns/pid")
                .out();
        assertThat(own.trim()).isEqualTo(Originals.whereWeAre().get("WAS_pid"));
    }

    /** Scene 2: with fork it is PID 1, and /proc is a fresh one only with --mount-proc. */
    @Test
    void withForkAnyNumberOfCommandsRun() {
        String hostProc = Wires.sh("stat -c %i,%d /proc");

        Result host = TestHost.jbox("unshare", "-fp", "sh", "-c", "echo $$; true; true; ls /proc | grep -c '^[0-9]'");
        Result fresh = TestHost.jbox("unshare", "-fpm", "--mount-proc", "sh", "-c", "echo $$; ps -o comm=");

        assertThat(host.out().split("\n")[0]).isEqualTo("1");
        assertThat(Integer.parseInt(host.out().split("\n")[1])).isGreaterThan(3);
        assertThat(fresh.out()).isEqualTo("1\nsh\nps\n");
        assertThat(Wires.sh("stat -c %i,%d /proc")).isEqualTo(hostProc);
    }

    /** A mount namespace is only kept where mounts are private, as the manual of the original says. */
    @ParameterizedTest
    @ValueSource(strings = {"mount", "uts", "ipc", "net", "pid", "cgroup", "time"})
    void keepsANamespaceOnAFile(String kind) throws IOException {
        Wires.sh("mount --bind " + KEPT + " " + KEPT + " && mount --make-private " + KEPT);
        Path file = Files.createFile(KEPT.resolve(kind));
        String label = kind.equals("mount") ? "mnt" : kind;
        try {
            for (String tool : List.of("unshare", "bin/jbox unshare")) {
                String keep = tool + " --fork --" + kind + "=" + file + " true";
                // The original sometimes looks at its namespaces before it has them, the more often the busier the
                // machine is.
                int tries = tool.equals("unshare") ? 30 : 1;
                Wires.sh("for try in $(seq " + tries + "); do " + keep + " && break; sleep 0.1; done");
                assertThat(Wires.sh("stat -f -c %T " + file).trim()).isEqualTo("nsfs");
                String link = label + ":[" + Wires.sh("stat -c %i " + file).trim() + "]";
                assertThat(link).isNotEqualTo(Originals.whereWeAre().get("WAS_" + label));
                // The first process of the PID namespace is gone: nothing can be in it any more.
                if (!kind.equals("pid")) {
                    for (String other : List.of("nsenter", "bin/jbox nsenter")) {
                        String enter = other + " --preserve-credentials --" + kind + "=" + file;
                        assertThat(Wires.sh(enter + " readlink /proc/self/ns/" + label)
                                        .trim())
                                .isEqualTo(link);
                    }
                }
                Wires.sh("umount " + file);
            }
        } finally {
            Files.delete(file);
            Wires.sh("umount " + KEPT);
        }
    }

    @Test
    void aUserNamespaceIsKeptWithItsMap() throws IOException {
        Path point = Files.createFile(KEPT.resolve("user"));

        Wires.sh("bin/jbox unshare --user=" + point + " -r true");

        assertThat(Wires.sh("nsenter --user=" + point + " cat /proc/self/uid_map")
                        .trim())
                .matches("0 +0 +1");
        Wires.sh("umount " + point);
        Files.delete(point);
    }

    @Test
    void aChildDiesWithItsParentIfItIsToldTo() throws IOException, InterruptedException {
        for (String tool : List.of("unshare", "bin/jbox unshare")) {
            Process unshare = TestHost.builder(List.of("sh", "-c", "exec " + tool + " -p --kill-child sleep 31338"))
                    .start();
            Boxes.await(
                    "the child",
                    () -> TestHost.processes("sleep 31338").stream()
                            .anyMatch(line -> line.matches("[0-9]+ sleep 31338 ?")));
            unshare.destroyForcibly().waitFor();
            Boxes.await("its end", () -> TestHost.processes("sleep 31338").isEmpty());
        }
    }

    /** The terminal's signals are the child's business. */
    @Test
    void whileItWaitsItIgnoresWhatItsChildGetsToo() throws IOException, InterruptedException {
        for (String tool : List.of("unshare", "bin/jbox unshare")) {
            Process unshare = TestHost.builder(
                            List.of("sh", "-c", "exec " + tool + " -f sh -c 'echo ready; exec sleep 31339'"))
                    .start();
            assertThat(unshare.inputReader().readLine()).isEqualTo("ready");
            for (String signal : List.of("INT", "TERM")) {
                Wires.sh("kill -" + signal + " " + unshare.pid());
            }
            assertThat(unshare.waitFor(300, TimeUnit.MILLISECONDS)).as(tool).isFalse();
            Boxes.await("the sleep", () -> !sleeps("31339").isEmpty());
            Wires.sh("kill -TERM " + sleeps("31339").get(0));
            assertThat(unshare.waitFor()).as(tool).isEqualTo(143);
        }
    }

    private static List<String> sleeps(String seconds) {
        return TestHost.processes("sleep " + seconds).stream()
                .filter(line -> line.matches("[0-9]+ sleep " + seconds + " ?"))
                .map(line -> line.split(" ")[0])
                .toList();
    }

    @Test
    void forwardsSignals() throws IOException, InterruptedException {
        for (String signal : List.of("INT", "TERM")) {
            // A signal that is ignored when a shell begins stays so: whoever runs the tests may ignore some.
            Process unshare = TestHost.builder(List.of(
                            "env",
                            "--default-signal",
                            "bin/jbox",
                            "unshare",
                            "--forward-signals",
                            "sh",
                            "-c",
                            "trap 'echo got " + signal + "; exit 9' " + signal
                                    + "; echo ready; while :; do sleep 0.05; done"))
                    .start();
            assertThat(unshare.inputReader().readLine()).isEqualTo("ready");
            Wires.sh("kill -" + signal + " " + unshare.pid());
            assertThat(unshare.inputReader().readLine()).isEqualTo("got " + signal);
            assertThat(unshare.waitFor()).isEqualTo(9);
        }
    }

    /** A script that ignores Ctrl-C means its children as well, also where signals are passed on to them. */
    @Test
    void theChildThatSignalsArePassedOnToIgnoresWhatTheCallerIgnores() {
        String script = "trap '' %s; exec bin/jbox unshare --forward-signals -u grep SigIgn /proc/self/status";

        for (String signals : List.of("INT", "TERM", "INT TERM HUP", "USR1")) {
            assertThat(Wires.sh(String.format(script, signals)))
                    .isEqualTo(Wires.sh("trap '' " + signals + "; exec unshare -u grep SigIgn /proc/self/status"));
        }
    }

    /** What is no text in UTF-8 goes through as it is. */
    @Test
    void bytesOfArgumentsAndEnvironmentArriveUnchanged() {
        String script =
                "X=$(printf '\\377\\376 a') LC_ALL=de_DE exec %s -u sh -c 'printf %%s \"$X|$1|$LC_ALL|${LC_X-}\"'"
                        + " x \"$(printf '\\200b')\" | od -An -c";
        String original = Wires.sh(String.format(script, "unshare"));

        assertThat(Wires.sh(String.format(script, "bin/jbox unshare"))).isEqualTo(original);
    }

    @Test
    void ignoresWhatTheCallerIgnoresAndHasItsOpenFilesAndNoOthers() {
        String script =
                "trap '' PIPE USR2 QUIT INT; exec 7</etc/passwd 9>/dev/null; for options in '' -f; do %s $options"
                        + " -u sh -c 'grep SigIgn /proc/self/status; ls /proc/self/fd'; done";
        String original = Wires.sh(String.format(script, "unshare"));

        assertThat(Wires.sh(String.format(script, "bin/jbox unshare"))).isEqualTo(original);
        assertThat(original).matches("(?s)SigIgn:\t[0-9a-f]{12}180[67]\n0\n1\n2\n3\n7\n9\n.*");
    }

    /** Whoever was this process before may have left it children: of a pipe, of a shell. */
    @ParameterizedTest
    @ValueSource(strings = {"-f", "-fp", "--forward-signals", "--map-users=0,0,1 -f"})
    void waitsForItsOwnChildOnly(String options) {
        String script = "sleep 0.2 & exec bin/jbox unshare " + options + " sh -c 'sleep 0.6; exit 7'";

        assertThat(TestHost.run(List.of("sh", "-c", script), Map.of()).exitCode())
                .isEqualTo(7);
        String enter = "sleep 0.2 & exec bin/jbox nsenter -t $$ -p sh -c 'sleep 0.6; exit 7'";
        assertThat(TestHost.run(List.of("sh", "-c", enter), Map.of()).exitCode())
                .isEqualTo(7);
    }

    /** Nothing of the launcher or of a JVM is left in what the program gets. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "version=mine value=5 IFS=x key=k %s -u sh -c 'echo $version $value $key'",
                "bash -c 'f() { echo F ok; }; export -f f; exec %s -u bash -c f'",
                "env 'a.b=1' 'x y=1' %s -u env | grep -E '^(a|x)'",
                "env -i PATH=$PATH A=1 %s -u /usr/bin/env",
                "ulimit -Sn 777; %s -u sh -c 'ulimit -Sn'",
                "%s -u cat /proc/self/coredump_filter",
                "%s -u sh -c 'ls /proc/self/fd' <&-",
                "%s -u sh -c 'ls /proc/self/fd' 7<bin/jbox",
                "%s -u sh -c 'echo $#' x $(seq 20000)",
                "PATH=$PATH$(printf ':/nonexistent%%s' $(seq 400)) %s -u true; echo $?"
            })
    void whatTheProgramGetsIsTheCallersOwn(String script) {
        String original = Wires.sh(script.replace("%s", "unshare").replace("%%", "%"));

        assertThat(Wires.sh(script.replace("%%", "%")
                        .replaceFirst("%s -u", "bin/jbox unshare -u")
                        .replace("%s", "bin/jbox unshare")))
                .isEqualTo(original);
    }

    @Test
    void passesTheEnvironmentOnWhateverPathIs() {
        String script = "JBOX_JAVA=$(readlink -f $(command -v java)) env A.B=c PATH=/nonexistent bin/jbox unshare -u"
                + " /usr/bin/env | sort | grep -E '^(A[.]B|PATH)='";

        assertThat(Wires.sh(script)).isEqualTo("A.B=c\nPATH=/nonexistent\n");
    }

    @Test
    void keepsItsPidItsParentAndItsTerminalSession() {
        String script = "echo $$; exec %s -u sh -c 'echo $$; ps -o ppid=,pgid=,sid= -p $$'";

        for (String tool : List.of("unshare", "bin/jbox unshare")) {
            String[] lines = Wires.sh(String.format(script, tool)).split("\n");
            assertThat(lines[1]).as(tool).isEqualTo(lines[0]);
        }
    }

    @Test
    void calledByItsNameItIsTheTool() throws IOException {
        for (String tool : List.of("unshare", "nsenter", "lsns")) {
            Path link = KEPT.resolve(tool);
            Files.createSymbolicLink(link, Path.of("bin/jbox").toAbsolutePath());
            Result result = TestHost.run(List.of(link.toString(), "--version"), Map.of());
            assertThat(result.out()).startsWith("jbox ");
            assertThat(TestHost.run(List.of(link.toString(), "--help"), Map.of())
                            .out())
                    .startsWith("usage: jbox " + tool);
            Files.delete(link);
        }
    }

    @Test
    void saysWhatFailedAndWhatToDo() {
        Result result = Originals.run(true, Originals.ours("unshare", List.of("-n", "true")));

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.err()).startsWith("jbox: unshare: ").contains("EPERM").contains("hint: ");
    }
}
