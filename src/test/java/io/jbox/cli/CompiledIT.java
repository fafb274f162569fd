package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.NotedJava;
import io.jbox.testhost.NotedJava.Noted;
import io.jbox.testhost.Signals;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Compiled boxes: what a command does by its program is what it does by the JVM. */
class CompiledIT {
    @BeforeAll
    static void boxes() throws IOException {
        TestHost.require();
        NotedJava.make();
        Signals.writeScripts();
        start("plain", "idmap: none", "uts: {name: inside}", "environment: [COLOUR=blue]");
        start(
                "mapped",
                "no_new_privs: true",
                "prlimit: {nofile: '100:200', core: 0}",
                "limits: {pids: 100}",
                "mount: {entry: [tmpfs tmp tmpfs mode=1777]}");
    }

    /** So that what a test changes is not compiled, in the background, behind its back. */
    @BeforeEach
    void notYetAgain() throws IOException {
        Path tried = Path.of("/var/cache/jbox/programs" + NotedJava.JBOX + "/tried.exec.plain");
        Files.setLastModifiedTime(tried, FileTime.fromMillis(System.currentTimeMillis()));
    }

    private static void start(String name, String... lines) {
        List<String> all = new ArrayList<>(List.of(lines));
        all.add(Boxes.idle());
        must("start", Boxes.define(name, all.toArray(new String[0])));
        must("compile", name);
    }

    private static String must(String... words) {
        Result result = NotedJava.jbox(words).result();
        assertThat(result.exitCode())
                .as(String.join(" ", words) + "\n" + result.err())
                .isZero();
        return result.out();
    }

    @AfterAll
    static void stop() {
        must("stop", "-k", "plain", "mapped");
        assertThat(Boxes.leftovers()).isEmpty();
    }

    /** Scripts that call the command in a box as $X, and whether its program does all of it. */
    static Stream<Arguments> transcripts() {
        List<Arguments> all = new ArrayList<>();
        String byProgram = """
                for i in 0 1 2 124 125 126 127 128 130 200 255; do $X sh -c "exit $i"; echo $?; done
                for s in 1 2 6 9 11 13 14 15 10 34 64; do $X sh -c "kill -$s \\$\\$"; echo $?; done
                $X sh -c 'echo out; echo err >&2; echo again'; $X sh -c 'echo out; echo err >&2; echo again' 2>&1
                $X head -c 3000001 /dev/zero | md5sum
                $X cat /bin/busybox >f; cmp f /var/lib/jbox/bbox/rootfs/bin/busybox; $X sh -c 'echo more' >>f; tail -c 5 f
                $X sh -c 'head -c 200000 /dev/zero; head -c 100000 /dev/zero >&2; exit 3' 2>&1 | wc -c
                $X sh -c '(sleep 0.3; echo late) & echo early'
                $X sh -c 'sleep 5 & echo early'
                echo hello | $X cat; $X cat </etc/hostname; $X head -c 10 </dev/zero | od -c
                head -c 200000 /var/lib/jbox/bbox/rootfs/bin/busybox >in; $X cat <in | cmp - in; $X md5sum <in; cat in | $X md5sum
                seq 100 >in; { $X head -n 1; cat | md5sum; } <in; { $X true; cat | md5sum; } <in
                seq 100000 | { $X dd bs=1 count=10 2>/dev/null; cat | md5sum; }
                printf 'read x; echo got $x\\nline\\nexit 5\\n' >in; $X sh <in; cat in | $X sh; echo $?
                seq 3 | while read l; do $X true; echo $l; done; seq 3 | while read l; do $X cat; done
                (sleep 0.2; echo late) | $X sh -c 'sleep 0.1; echo early; cat'
                $X yes | head -n 2; $X sh -c 'yes; echo code $? >&2' | head -n 1
                { $X sh -c 'head -c 200000 /dev/zero; exit 4'; echo code $? >&2; } | (sleep 0.3; wc -c)
                echo first >f; $X sh -c 'echo second; echo third >&2' >>f 2>&1; $X sh -c 'echo fourth' >>f; cat f
                $X sh -c 'echo out; echo err >&2' >/dev/null 2>&1; $X echo hi >/dev/null; $X echo hi 2>/dev/null
                $X sh -c 'exec <&- >&- 2>&-; sleep 0.1; exit 3'; echo $?
                $X env | sort; SECRET=x PATH=/x:$PATH $X env | sort
                $X pwd; cd /usr && $X pwd; umask 077; $X sh -c 'umask; ulimit -a; id; hostname'
                $X ls -l /proc/self/fd | sed 's/.*-> //; s/[0-9][0-9]*//g'; $X ls /proc/self/fd 7</etc/passwd
                $X sh -c 'cat /proc/self/cgroup /proc/self/limits /proc/self/mountinfo /proc/self/uid_map /proc/self/oom_score_adj'
                $X grep -E '^(Uid|Gid|Groups|Sig[^Q]|Shd|Cap|NoNew|Seccomp|Umask|Speculation|Threads)' /proc/self/status
                $X cat /proc/self/coredump_filter /proc/self/sessionid /proc/self/loginuid /proc/self/timerslack_ns
                $X readlink /proc/self/ns/mnt /proc/self/ns/pid /proc/self/ns/net /proc/self/ns/user /proc/self/ns/cgroup
                $X ps -o ppid,args | tail -n 1; $X sh -c 'echo $#' x $(seq 2000); $X echo '' 'a b' "$(printf '\\377')" --
                env --ignore-signal=INT,PIPE,XFSZ,TTIN,CHLD,40 $X grep -E 'Sig[^Q]' /proc/self/status
                nice -n 5 $X sh -c 'cut -d " " -f 19 /proc/self/stat'; setpriv --groups 5,6 $X id; setsid $X tty
                sh signals.sh '' USR1; sh signals.sh '' TERM WINCH; sh signals.sh '' INT INT INT
                sh signals.sh '' TSTP state CONT; sh signals.sh INT,USR1 INT USR1 HUP; sh signals.sh '' PIPE XFSZ 40
                sh signals.sh '' TTIN state CONT; sh signals.sh '' QUIT
                sh stopped.sh TERM; sh stopped.sh INT INT
                { timeout 0.3 $X yes; echo code $? >&2; } | (sleep 0.6; wc -c >/dev/null)
                """;
        for (String line : byProgram.strip().split("\n")) {
            all.add(Arguments.of("plain", line, true));
        }
        String mapped = """
                $X sh -c 'cat /proc/self/cgroup /proc/self/limits /proc/self/uid_map; id; ls -ln /proc/self/fd/ | cut -c 1-40'
                $X grep -E '^(Uid|Gid|Groups|Sig[^Q]|Shd|Cap|NoNew|Seccomp)' /proc/self/status; $X sh -c 'echo x >/dev/stdout'
                echo hello | $X cat; $X sh -c 'echo err >&2; exit 5'; echo $?; sh signals.sh '' TERM
                """;
        for (String line : mapped.strip().split("\n")) {
            all.add(Arguments.of("mapped", line, true));
        }
        // jbox itself is to say something, or something is not as a program wants it.
        String byJvm = """
                $X no-such; echo $?; $X /etc/passwd; echo $?; $X ''; echo $?; $X ./nothing; echo $?
                $X cat <&-; $X echo a >&-; echo $?; $X sh -c 'echo b >&2' 2>&-; echo $?
                $X echo a >/dev/full; echo $?; $X sh -c 'echo a >&2' 2>/dev/full; $X sh -c 'echo a; echo b >&2' >/dev/full 2>&1
                $X cat </; echo $?; $X echo hi 1</dev/null; echo $?
                """;
        for (String line : byJvm.strip().split("\n")) {
            all.add(Arguments.of("plain", line, false));
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("transcripts")
    void theSameBothWays(String box, String script, boolean byProgram) {
        String begin = "cd " + Signals.FOLDER + "; X='" + NotedJava.JBOX + " exec " + box + " --'; export X; ";
        Noted jvm = NotedJava.sh("export JBOX_PROGRAM=off; " + begin + script);
        Noted program = NotedJava.sh(begin + script);

        assertThat(program.result()).isEqualTo(jvm.result());
        assertThat(jvm.jvms()).isPositive();
        if (byProgram) {
            assertThat(program.jvms()).isZero();
        } else {
            assertThat(program.jvms()).isPositive();
        }
    }

    private static final String[] ECHO = {"exec", "plain", "--", "echo", "hi"};

    private static void assertByProgram(Noted noted) {
        assertThat(noted.result()).isEqualTo(new Result(0, "hi\n", ""));
        assertThat(noted.jvms()).isZero();
    }

    /** The right answer, and not by the program. */
    private static void assertByJvm(String cause, Noted noted) {
        assertThat(noted.result()).as(cause).isEqualTo(new Result(0, "hi\n", ""));
        assertThat(noted.jvms()).as(cause).isEqualTo(1);
    }

    /** What a shell or another program changes before it becomes jbox. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "ulimit -n 512; exec",
                "ulimit -c 0; exec",
                "exec unshare --mount",
                "exec unshare --net",
                "exec unshare --uts",
                "exec unshare --ipc",
                "exec unshare --cgroup",
                "exec env JBOX_CONFIG_PATH=/",
                "exec env JBOX_UNKNOWN=",
                "exec env JBOX_PROGRAM=off"
            })
    void anotherCallerTakesTheJvm(String before) {
        assertByJvm(before, NotedJava.sh(before + " $JBOX exec plain -- echo hi"));
        assertByProgram(NotedJava.jbox(ECHO));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "setpriv --bounding-set -net_raw | Operation not permitted (EPERM)",
                "unshare --user --map-root-user | plain: is not running",
                "unshare --pid --fork --mount-proc | its boxes run in another PID namespace",
            })
    void soDoesOneWhoMayNot(String before, String message) {
        Noted noted = NotedJava.sh(before + " $JBOX exec plain -- echo hi");

        assertThat(noted.result().err()).contains(message);
        assertThat(noted.result().exitCode()).isEqualTo(125);
        assertThat(noted.jvms()).isEqualTo(1);
    }

    @Test
    void anotherJboxTakesTheJvm() {
        for (String change : List.of(
                "touch bin/jbox",
                "chmod 750 bin/jbox; chmod 755 bin/jbox",
                "cp -p target/dist/lib/jbox.jar /run/new.jar; mv /run/new.jar target/dist/lib/jbox.jar",
                "cp -p target/dist/lib/snakeyaml.jar /run/old; cat /run/old >target/dist/lib/snakeyaml.jar;"
                        + " touch -r /run/old target/dist/lib/snakeyaml.jar")) {
            assertByProgram(NotedJava.jbox(ECHO));
            Wires.sh("cd /run/project; " + change);
            assertByJvm(change, NotedJava.jbox(ECHO));
            must("compile", "plain");
        }
    }

    @Test
    void whereNothingMayBeExecutedThereIsStillTheJvm() {
        Wires.sh("mount -o remount,noexec /var/cache");
        try {
            assertByJvm("noexec", NotedJava.jbox(ECHO));
        } finally {
            Wires.sh("mount -o remount,exec /var/cache");
        }
        assertByProgram(NotedJava.jbox(ECHO));
    }

    @Test
    void anotherBoxOfTheNameTakesTheJvm() throws IOException {
        start("again", "idmap: none");
        String[] pwd = {"exec", "again", "--", "sh", "-c", "echo $COLOUR"};
        assertThat(NotedJava.jbox(pwd).jvms()).isZero();
        must("stop", "-k", "again");
        Noted stopped = NotedJava.jbox(pwd);
        assertThat(stopped.result()).isEqualTo(new Result(125, "", "jbox: again: is not running\n"));
        assertThat(stopped.jvms()).isEqualTo(1);

        must("start", "/run/boxes/again.yaml");
        assertThat(NotedJava.jbox(pwd)).isEqualTo(new Noted(new Result(0, "\n", ""), 0));

        must("stop", "-k", "again");
        must("start", Boxes.define("again", "idmap: none", "environment: [COLOUR=red]", Boxes.idle()));
        assertThat(NotedJava.jbox(pwd)).isEqualTo(new Noted(new Result(0, "red\n", ""), 1));
        must("stop", "-k", "again");
    }

    @Test
    void whatIsInTheBoxMayChange() throws IOException {
        must("freeze", "plain");
        Noted frozen = NotedJava.jbox(ECHO);
        assertThat(frozen.result().err()).contains("plain: is frozen");
        assertThat(frozen.jvms()).isEqualTo(1);
        must("unfreeze", "plain");
        assertByProgram(NotedJava.jbox(ECHO));

        Path passwd = Path.of(TestHost.ROOTFS, "etc/passwd");
        String before = Files.readString(passwd);
        Files.writeString(passwd, before.replace("root:x:0:0:root:/root:", "root:x:0:0:root:/tmp:"));
        Noted moved = NotedJava.jbox("exec", "plain", "--", "pwd");
        Files.writeString(passwd, before);
        assertThat(moved).isEqualTo(new Noted(new Result(0, "/tmp\n", ""), 1));
        assertThat(NotedJava.jbox("exec", "plain", "--", "pwd").result().out()).isEqualTo("/root\n");
    }

    /** The record knows the box as well. */
    @Test
    void idsThatAreWrongAreNotBelieved() throws IOException {
        Path file = Path.of("/run/jbox/plain/pids");
        byte[] right = Files.readAllBytes(file);
        byte[] wrong = right.clone();
        byte[] own = ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) ProcessHandle.current().pid())
                .array();
        System.arraycopy(own, 0, wrong, 4, 4);
        for (byte[] bytes : List.of(new byte[0], wrong)) {
            Files.write(file, bytes);
            assertByJvm(bytes.length + " bytes", NotedJava.jbox(ECHO));
        }
        Files.write(file, right);
        assertByProgram(NotedJava.jbox(ECHO));
    }

    @Test
    void aDeadMonitorIsNoBox() throws IOException {
        start("orphan", "idmap: none");
        long monitor = Integer.toUnsignedLong(ByteBuffer.wrap(Files.readAllBytes(Path.of("/run/jbox/orphan/pids")))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getInt());
        ProcessHandle.of(monitor).ifPresent(ProcessHandle::destroyForcibly);
        Noted noted = NotedJava.jbox("exec", "orphan", "--", "echo", "hi");

        assertThat(noted.result().err()).contains("orphan: is not running");
        assertThat(noted.jvms()).isEqualTo(1);
        assertThat(NotedJava.jbox("stop", "-k", "orphan").jvms()).isEqualTo(1);
    }

    @Test
    void stopsAsTheJvmDoes() throws IOException {
        start("box", "net: [{type: empty, flags: up}]");
        Process events = NotedJava.builder(List.of(NotedJava.JBOX, "events", "box"), Map.of())
                .start();
        try (BufferedReader lines = events.inputReader()) {
            Boxes.await("events", () -> !TestHost.processes("Start events box").isEmpty());
            Boxes.await("its watch", () -> isWatching(events.pid()));
            Noted stop = NotedJava.jbox("stop", "-k", "box");

            assertThat(stop).isEqualTo(new Noted(new Result(0, "", ""), 0));
            assertThat(lines.readLine()).endsWith(" box STOPPING");
            assertThat(lines.readLine()).endsWith(" box STOPPED");
        } finally {
            TestHost.end(events);
        }
        assertThat(Path.of("/run/jbox/box/stay-stopped")).exists();
        Noted again = NotedJava.jbox("stop", "-k", "box");
        assertThat(again.result().err()).isEqualTo("jbox: box: is not running\n");
        must("start", "/run/boxes/box.yaml");
        assertThat(NotedJava.jbox("stop", "-k", "box").jvms()).isZero();
    }

    /** With the same message where a box does not halt in its time. */
    @ParameterizedTest
    @CsvSource({"exit 3, ''", "'', 'jbox: halts: did not halt within 1 s, and was killed\n'"})
    void haltsAsTheJvmDoes(String trap, String message) {
        String file = Boxes.define(
                "halts",
                "net: [{type: empty, flags: up}]",
                "signal: {halt: SIGUSR2, timeout: 1}",
                "init: {cmd: [/bin/sh, -c, 'trap \"" + trap + "\" USR2; while :; do sleep 0.1; done']}");
        must("start", file);
        Noted jvm = NotedJava.sh("export JBOX_PROGRAM=off; $JBOX stop halts");
        must("start", file);
        must("compile", "halts");
        Noted program = NotedJava.jbox("stop", "halts");

        assertThat(jvm.result()).isEqualTo(new Result(0, "", message));
        assertThat(program).isEqualTo(new Noted(jvm.result(), 0));
        assertThat(Path.of("/run/jbox/halts/stay-stopped")).exists();
    }

    /** As long as the program waits, and no longer. */
    @Test
    void aBoxThatIsBeingStoppedIsSaidToBe() throws Exception {
        must(
                "start",
                Boxes.define(
                        "slow",
                        "signal: {halt: SIGUSR2, timeout: 60}",
                        "init: {cmd: [/bin/sh, -c, 'trap \"\" USR2; while :; do sleep 0.1; done']}"));
        must("compile", "slow");
        for (int i = 0; i < 2; i++) {
            Process stop = NotedJava.builder(List.of(NotedJava.JBOX, "stop", "slow"), Map.of())
                    .start();
            Boxes.await("it is being stopped", () -> Boxes.state("slow").equals("STOPPING"));
            assertThat(stop.isAlive()).isTrue();
            stop.destroyForcibly().waitFor();
            assertThat(Boxes.state("slow")).isEqualTo("RUNNING");
        }
        must("stop", "-k", "slow");
    }

    /** Somebody in the box stops each process that comes, before it can say anything. */
    @Test
    void aSignalEndsACommandThatTheBoxKeepsFromSayingAnything() {
        must(
                "start",
                Boxes.define(
                        "stops",
                        "init: {cmd: [/bin/sh, -c, 'while :; do for p in /proc/[0-9]*; do p=${p#/proc/};"
                                + " [ $p -lt 3 ] || kill -STOP $p; done; done']}"));
        must("compile", "stops");
        Noted noted = NotedJava.sh("timeout -s TERM -k 20 1 $JBOX exec stops -- sleep 60");
        must("stop", "-k", "stops");

        assertThat(noted.result().err()).isIn("", "jbox: ended by a signal before the command ran\n");
        assertThat(noted.result().exitCode()).isEqualTo(124);
        assertThat(noted.jvms()).isZero();
    }

    private static boolean isWatching(long pid) {
        try (Stream<Path> all = Files.list(Path.of("/proc", Long.toString(pid), "fdinfo"))) {
            for (Path one : all.toList()) {
                // The folder of all boxes, then the box's own.
                if (Files.readString(one).split("inotify wd:", -1).length > 2) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void anInterfaceOfOthersDoesNotGoDownWithTheBox() {
        start("box", "net: [{type: empty, flags: up}]");
        Wires.makeNic();
        try {
            must("net", "move", "nic0", "box");
            assertThat(NotedJava.jbox("stop", "-k", "box")).isEqualTo(new Noted(new Result(0, "", ""), 1));

            assertThat(Wires.names()).contains("nic0");
        } finally {
            Wires.clear();
        }
    }

    @Test
    void nothingIsLeftInTheBoxByWhatGaveUp() {
        Boxes.await(
                "jobs in the background",
                () -> TestHost.processes("compile plain").isEmpty());
        List<String> before = inBox();
        for (int i = 0; i < 5; i++) {
            Noted none = NotedJava.jbox("exec", "plain", "--", "no-such-program");
            assertThat(none.result().exitCode()).isEqualTo(127);
            assertThat(none.jvms()).isEqualTo(1);
        }

        Boxes.await(
                "jobs in the background",
                () -> TestHost.processes("compile plain").isEmpty());
        assertThat(inBox()).isEqualTo(before);
        assertThat(TestHost.processes("jbox-exec")).isEmpty();
        Noted open = NotedJava.jbox("exec", "plain", "--", "sh", "-c", "for f in /proc/$$/fd/*; do readlink $f; done");
        assertThat(open.result().out().split("\n")).hasSize(3).allMatch(line -> line.startsWith("pipe:"));
    }

    /** The processes that the box sees, without the command that looks. */
    private static List<String> inBox() {
        String all = must("exec", "plain", "--", "sh", "-c", "for p in /proc/[0-9]*; do cat $p/comm; done 2>/dev/null");
        return List.of(all.split("\n"));
    }

    /** Commands, stops and starts of one box at once, of which some are killed at any moment. */
    @Test
    void nothingIsLeftOfWhatIsKilled() throws IOException, InterruptedException, ExecutionException {
        start("busy", "idmap: none");
        Random random = new Random(16);
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<String>> all = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                boolean killed = random.nextInt(3) == 0;
                int after = random.nextInt(12);
                all.add(threads.submit(() -> execOnce(killed, after)));
            }
            all.add(threads.submit(() -> {
                for (int i = 0; i < 3; i++) {
                    must("stop", "-k", "busy");
                    must("start", "/run/boxes/busy.yaml");
                }
                return "";
            }));
            for (Future<String> one : all) {
                assertThat(one.get()).isEmpty();
            }
        } finally {
            threads.shutdownNow();
        }
        Boxes.await(
                "jobs in the background",
                () -> TestHost.processes("compile busy").isEmpty());
        Boxes.await(
                "ends of what was killed",
                () -> TestHost.processes("exec busy").isEmpty()
                        && TestHost.processes("jbox-exec").isEmpty());
        assertThat(NotedJava.jbox("exec", "busy", "--", "sh", "-c", "ls -d /proc/[0-9]*")
                        .result()
                        .out()
                        .split("\n"))
                .hasSizeLessThanOrEqualTo(3);
        must("stop", "-k", "busy");
    }

    /** Returns what was wrong. */
    private static String execOnce(boolean killed, int afterMillis) throws IOException, InterruptedException {
        Process process = NotedJava.builder(List.of(NotedJava.JBOX, "exec", "busy", "--", "echo", "hi"), Map.of())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (killed) {
            Thread.sleep(afterMillis);
            process.toHandle().destroyForcibly();
        }
        String out = new String(TestHost.output(process), StandardCharsets.UTF_8);
        int code = TestHost.exitCode(process);
        // It may have met the box while that was stopped, or have been killed with it.
        boolean right = killed || code == 0 && out.equals("hi\n") || code == 125 || code == 137;
        return right ? "" : "code " + code + ": " + out;
    }
}
