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
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code jbox nsenter} beside nsenter(1), at the same moment on the same machine. */
class NsenterIT {
    private static List<String> before = List.of();
    private static Process everything;
    private static Process owned;
    private static Process users;

    @BeforeAll
    static void targets() throws IOException {
        TestHost.require();
        before = TestHost.state();
        Originals.makeUser();
        everything = target(
                "umask 077; exec env -i PATH=/usr/bin:/bin MARK=target unshare -fpmuinCT --kill-child --mount-proc -w /usr"
                        + " sh -c 'hostname inside; echo ready; exec sleep 31340'",
                "31340");
        owned = target("exec unshare -rfpmun --kill-child --mount-proc sh -c 'echo ready; exec sleep 31341'", "31341");
        users = target(
                "exec " + String.join(" ", Originals.asUser(List.of("unshare", "-rmu", "sleep", "31342"))), "31342");
    }

    private static Process target(String script, String mark) throws IOException {
        Process process = TestHost.builder(List.of("sh", "-c", script)).start();
        Boxes.await("the target", () -> !pid(mark).isEmpty());
        return process;
    }

    private static String pid(String mark) {
        for (String line : TestHost.processes("sleep " + mark)) {
            if (line.matches("[0-9]+ sleep " + mark + " ?")) {
                return line.split(" ")[0];
            }
        }
        return "";
    }

    @AfterAll
    static void nothingIsLeft() throws InterruptedException {
        for (Process process : List.of(everything, owned, users)) {
            process.destroyForcibly().waitFor();
        }
        Originals.forgetUser();
        for (String mark : List.of("31340", "31341", "31342")) {
            Boxes.await("the targets' end", () -> pid(mark).isEmpty());
        }
        Boxes.awaitState(before);
    }

    private static List<String> words(String options, List<String> program) {
        String filled = options.replace("EVERYTHING", pid("31340"))
                .replace("OWNED", pid("31341"))
                .replace("USERS", pid("31342"));
        List<String> words = new ArrayList<>(List.of(filled.split(" ")));
        words.addAll(program);
        return words;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-t EVERYTHING -a",
                "-t EVERYTHING -m",
                "-t EVERYTHING -u",
                "-t EVERYTHING -i",
                "-t EVERYTHING -n",
                "-t EVERYTHING -p",
                "-t EVERYTHING -C",
                "-t EVERYTHING -T",
                "-t EVERYTHING -m -u -i -n -p -C -T",
                "-t EVERYTHING -mu",
                "--target EVERYTHING --mount --uts --ipc --net --pid --cgroup --time",
                "-t EVERYTHING -p -F",
                "-t EVERYTHING -a -F",
                "-t EVERYTHING -a -r",
                "-t EVERYTHING -a -w",
                "-t EVERYTHING -r -w",
                "-t EVERYTHING -a -r/usr",
                "-t EVERYTHING -a --wd=/etc",
                "-t EVERYTHING -m --wdns=/etc",
                "-t EVERYTHING -m -W/etc",
                "-t EVERYTHING -a -S 65534",
                "-t EVERYTHING -a -G 65534",
                "-t EVERYTHING -a -S 65534 -G 65534",
                "--uts=/proc/EVERYTHING/ns/uts",
                "-u/proc/EVERYTHING/ns/uts",
                "--net=/proc/EVERYTHING/ns/net --ipc=/proc/OWNED/ns/ipc",
                "-t EVERYTHING -u --net=/proc/OWNED/ns/net",
                "-t OWNED -a",
                "-t OWNED -U",
                "-t OWNED -U --preserve-credentials",
                "-t OWNED -U -m -n",
                "-t OWNED -U -S 0 -G 0",
                "-t OWNED -n -m -u",
                "-t OWNED -a --preserve-credentials",
                "-t USERS -a",
                "-t USERS -U -m",
                "-t USERS -U --preserve-credentials",
                "-t 1 -m"
            })
    void asRoot(String options) {
        Originals.compare(false, "nsenter", words(options, Originals.probe()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-t USERS -U --preserve-credentials",
                "-t USERS -U -m --preserve-credentials",
                "-t USERS -a --preserve-credentials",
                "-t USERS -U -m -u -F --preserve-credentials -w/usr",
                "--user=/proc/USERS/ns/user --preserve-credentials"
            })
    void asAnOrdinaryUser(String options) {
        Originals.compare(true, "nsenter", words(options, Originals.probe()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-t USERS -m",
                "-t USERS -U",
                "-t EVERYTHING -a",
                "-t EVERYTHING -u",
                "-t OWNED -U",
                "-t OWNED -a"
            })
    void anOrdinaryUserMayNot(String options) {
        Result original = Originals.compare(true, "nsenter", words(options, List.of("true")));
        assertThat(original.exitCode()).isNotZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-t 4194303 -a true",
                "-t nonsense -a true",
                "-m true",
                "-a true",
                "--uts=/nonexistent true",
                "--uts=/etc/passwd true",
                "--net=/proc/self/ns/uts true",
                "-t EVERYTHING -u --no-such-option true",
                "-t EVERYTHING -u nosuchprogram",
                "-t EVERYTHING -u /etc/passwd",
                "-t EVERYTHING -a -r/nonexistent true",
                "-t EVERYTHING -a -S nonsense true",
                "-t 1 -U true"
            })
    void failsAsTheOriginalDoes(String options) {
        Result original = Originals.compare(false, "nsenter", words(options, List.of()));
        assertThat(original.exitCode()).isNotZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"exit 3", "kill -9 $$", "kill -TERM $$", "kill -SEGV $$"})
    void endsLikeTheProgram(String script) {
        for (String options : List.of("-t EVERYTHING -u", "-t EVERYTHING -a")) {
            Originals.compare(false, "nsenter", words(options, List.of("sh", "-c", script)));
        }
    }

    /** Scene 3. */
    @Test
    void aSecondShellSeesTheFirst() {
        Result result = TestHost.jbox(
                "nsenter", "-t", pid("31340"), "-p", "-u", "-m", "/bin/sh", "-c", "hostname; ps -o comm=");

        assertThat(result.out())
                .startsWith("inside\n")
                .contains("sleep\n")
                .contains("sh\n")
                .contains("ps\n");
        assertThat(result.out().split("\n")).hasSize(4);
    }

    @Test
    void stopsAndGoesOnWithItsChild() throws IOException, InterruptedException {
        for (String tool : List.of("nsenter", "bin/jbox nsenter")) {
            Process nsenter = TestHost.builder(List.of(
                            "sh", "-c", "exec " + tool + " -t " + pid("31340") + " -p sh -c 'kill -STOP $$; exit 5'"))
                    .start();
            Boxes.await(
                    "the stop",
                    () -> Wires.sh("ps -o stat= -p " + nsenter.pid()).startsWith("T"));
            Wires.sh("kill -CONT " + nsenter.pid());
            assertThat(nsenter.waitFor(10, TimeUnit.SECONDS)).as(tool).isTrue();
            assertThat(nsenter.exitValue()).as(tool).isEqualTo(5);
        }
    }

    @Test
    void hasTheTargetsEnvironmentIfAsked() {
        Result result = TestHost.jbox("nsenter", "-t", pid("31340"), "-u", "-e", "/usr/bin/env");

        assertThat(result.out()).contains("MARK=target").doesNotContain("JBOX_TRACE");
    }

    @Test
    void followsTheTargetsUser() {
        Result result = TestHost.jbox("nsenter", "-t", pid("31342"), "-u", "-S", "follow", "-G", "follow", "id", "-u");

        assertThat(result.out()).isEqualTo(Originals.UID + "\n");
    }

    @Test
    void entersTheNamespaceThatTheOthersBelongTo() {
        String link = Wires.sh("readlink /proc/" + pid("31341") + "/ns/user");
        String file = "/proc/" + pid("31341") + "/ns/net";

        Result result = TestHost.jbox("nsenter", "--net=" + file, "--user-parent", "readlink", "/proc/self/ns/user");

        assertThat(result.out()).isEqualTo(link);
    }

    @Test
    void entersTheNetworkOfASocket() throws IOException {
        // A process that has a socket of another network than its own.
        String net = Wires.sh("readlink /proc/" + pid("31341") + "/ns/net");
        Process holder = TestHost.builder(List.of(
                        "perl",
                        "-MSocket",
                        "-e",
                        "open(my $own, '<', '/proc/self/ns/net'); open(my $ns, '<', '/proc/" + pid("31341")
                                + "/ns/net'); $^F = 100; syscall(308, fileno($ns), 0) == 0 or die;"
                                + " socket(my $s, AF_INET, SOCK_DGRAM, 0) or die; syscall(308, fileno($own), 0);"
                                + " $| = 1; print fileno($s), \"\\n\"; exec 'sleep', '31343'"))
                .start();
        String descriptor = holder.inputReader().readLine();

        Result result = TestHost.jbox(
                "nsenter", "-t", Long.toString(holder.pid()), "-N", descriptor, "readlink", "/proc/self/ns/net");

        assertThat(result.out()).isEqualTo(net);
        TestHost.end(holder);
    }

    @Test
    void joinsTheTargetsCgroup() throws IOException {
        List<String> own = TestHost.lines("/proc/self/cgroup");
        String hierarchy = TestHost.lines("/proc/self/mountinfo").stream()
                .map(line -> line.split(" ")[4])
                .filter(mount -> Files.exists(Path.of(mount, "cgroup.procs")))
                .findFirst()
                .orElseThrow();
        Path cgroup = Files.createDirectory(Path.of(hierarchy, "nsenter-test"));
        Process sleep = new ProcessBuilder("sleep", "31344").start();
        Files.writeString(cgroup.resolve("cgroup.procs"), Long.toString(sleep.pid()));

        Result result = TestHost.jbox("nsenter", "-t", Long.toString(sleep.pid()), "-c", "cat", "/proc/self/cgroup");

        assertThat(result.out()).contains(":/nsenter-test\n");
        assertThat(TestHost.lines("/proc/self/cgroup")).isEqualTo(own);
        TestHost.end(sleep);
        Boxes.await("the cgroup", () -> cgroup.toFile().delete());
    }

    @Test
    void refusesWhatItCannotDo() {
        Result result = TestHost.jbox("nsenter", "-t", "1", "-Z", "true");

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.err()).contains("SELinux").contains("runcon");
    }

    /** Between the target's end and now its number may have become another's: it is held from the beginning. */
    @Test
    void aTargetThatHasEndedIsNotEntered() throws IOException, InterruptedException {
        Process sleep = new ProcessBuilder("sleep", "1000").start();
        sleep.destroyForcibly().waitFor();

        Result result = TestHost.jbox("nsenter", "-t", Long.toString(sleep.pid()), "-a", "true");

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.err()).contains("process " + sleep.pid()).contains("ESRCH");
    }

    @Test
    void intoABox() {
        Boxes.jbox("start", Boxes.define("entered", Boxes.idle(), "uts: {name: thebox}"));
        try {
            String pid = Boxes.jbox("pid", "entered").out().trim();
            assertThat(TestHost.jbox("nsenter", "-t", pid, "-a", "hostname").out())
                    .isEqualTo("thebox\n");
            assertThat(TestHost.jbox("nsenter", "-t", pid, "-u", "hostname").out())
                    .isEqualTo("thebox\n");
        } finally {
            Boxes.jbox("stop", "-k", "entered");
        }
    }
}
