package io.jbox.cli;

import static io.jbox.testhost.Wires.sh;
import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes in and out of a command in the foreground: streams, terminals, signals, bytes, sizes. */
class StreamsIT {
    private static final Path FOLDER = Path.of("/run/streams");
    private static final String RUN = "bin/jbox run -f /run/boxes/streams-run.yaml -- ";
    private static final String EXEC = "bin/jbox exec streams -- ";

    @BeforeAll
    static void box() throws IOException {
        TestHost.require();
        Files.createDirectories(FOLDER);
        Boxes.define("streams-run");
        Boxes.jbox("start", Boxes.define("streams", Boxes.idle()));
    }

    @AfterAll
    static void nothingIsLeft() {
        TestHost.jbox("stop", "-k", "streams");
        Boxes.await("leftovers " + Boxes.leftovers(), () -> Boxes.leftovers().isEmpty());
    }

    private static String words(String kind) {
        return kind.equals("exec") ? EXEC : RUN;
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "exec"})
    void aTerminalOnStandardInputIsTheProgramsToo(String kind) throws IOException {
        Path out = FOLDER.resolve("out");
        String command = words(kind) + "sh -c 'stty -echo; read x </dev/tty; echo got \\$x; tty' >" + out;
        String shown = sh("(sleep 3; echo secret; sleep 1) | script -qec \"" + command + "\" /dev/null");

        assertThat(Files.readString(out)).startsWith("got secret\n/dev/").doesNotContain("not a tty");
        assertThat(shown).doesNotContain("got");
    }

    /** Two descriptors of one file are one pipe: nothing comes before what was written earlier. */
    @ParameterizedTest
    @CsvSource({"run,>", "exec,>", "run,>>", "exec,>>", "run,1<>", "exec,1<>"})
    void outputAndErrorsOfOneFileStayInOrder(String kind, String how) throws IOException {
        Path file = FOLDER.resolve("both");
        Files.writeString(file, "");
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 200; i++) {
            lines.append("out ").append(i).append("\nerr ").append(i).append("\n");
        }
        sh(words(kind) + "sh -c 'i=0; while [ $i -lt 200 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done' " + how
                + file + " 2>&1");

        assertThat(file).hasContent(lines.toString());
    }

    /** What a program has not read is the caller's: neither is read ahead. */
    @ParameterizedTest
    @CsvSource({"run,|", "exec,|", "run,<", "exec,<"})
    void whatAProgramLeavesOfItsInputIsTheCallers(String kind, String how) throws IOException {
        Path file = FOLDER.resolve("input");
        Files.writeString(file, "1\n2\n3\n4567890\n");
        String loop = "{ read a; " + words(kind) + "true; read b; " + words(kind)
                + "dd bs=5 count=1 2>/dev/null; cat; echo $a $b; }";

        assertThat(sh(how.equals("|") ? "cat " + file + " | " + loop : loop + " <" + file))
                .isEqualTo("3\n4567890\n1 2\n");
    }

    /** What a box writes into the pipe itself sends nobody back to before the command. */
    @Test
    void aBoxDoesNotMoveTheCallersFileBack() throws IOException {
        Path file = FOLDER.resolve("lines");
        Files.writeString(file, "1\n2\n3\n");
        String junk = "sh -c 'cat >/dev/null & sleep 0.2; head -c 3000 /dev/zero >/proc/self/fd/0; kill $!'";

        String read = sh("{ read a; " + EXEC + junk + " 2>/dev/null; read b; echo $a $b; } <" + file);

        // That it has read nothing of it, it may say: no more.
        assertThat(read).isIn("1 2\n", "1 3\n", "1\n", "1 \n");
    }

    /** Others go on writing, and who reads does so slowly. */
    @Test
    void whatIsLeftBehindDoesNotKeepACommand() {
        assertThat(sh("{ timeout 20 " + EXEC + "sh -c 'for i in 1 2 3; do yes & done; sleep 0.5; exit 3'; echo $?"
                        + " >/run/streams/code; } | while read x; do :; done; cat /run/streams/code"))
                .isEqualTo("3\n");
        sh("bin/jbox exec streams -- killall yes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "exec"})
    void inputOfAnySizeComesThroughWholeAndToItsEnd(String kind) {
        sh("head -c 3000000 /dev/urandom >/run/streams/large");
        String sum = sh("sha256sum </run/streams/large");

        assertThat(sh("cat /run/streams/large | " + words(kind) + "sha256sum")).isEqualTo(sum);
        assertThat(sh(words(kind) + "sha256sum </run/streams/large")).isEqualTo(sum);
        assertThat(sh("(cat /run/streams/large; sleep 0.3; echo late) | " + words(kind) + "tail -c 5"))
                .isEqualTo("late\n");
        assertThat(sh(words(kind) + "wc -c </dev/null")).isEqualTo("0\n");
    }

    /** Who has one of them keeps it open, and changes its flags and its size: none is in the box, nor stays there. */
    @ParameterizedTest
    @ValueSource(strings = {"run", "exec"})
    void noPipeOfTheCallersGoesIntoABox(String kind) {
        String links = "sh -c 'for i in 0 1; do readlink /proc/self/fd/$i; done'";
        String all = sh("echo | { " + links + "; " + words(kind) + links + "; } | cat");

        assertThat(all.lines().toList()).hasSize(4).doesNotHaveDuplicates().allMatch(link -> link.startsWith("pipe:"));
        assertThat(sh("(sleep 1; echo good) | { " + words(kind)
                        + "sh -c 'echo evil >/proc/self/fd/0; sleep 100 <&0 & true'; cat; }"))
                .isEqualTo("good\n");
    }

    @Test
    void twoCommandsOfOnePipeDoNotHaveTheSameBytes() {
        String both = sh("seq 20000 | { " + EXEC + "cat & " + EXEC + "cat; wait; }");

        assertThat(both.lines().sorted().toList()).hasSize(20_000).doesNotHaveDuplicates();
    }

    @Test
    void whatWasThereStays() throws IOException {
        Path file = FOLDER.resolve("kept");
        Files.writeString(file, "first\n");
        sh("{ echo second; " + EXEC + "echo third; echo fourth; } >>" + file);

        assertThat(file).hasContent("first\nsecond\nthird\nfourth\n");
    }

    /** The box's root is not the host's, and may open its own output all the same. */
    @ParameterizedTest
    @ValueSource(strings = {"run", "exec"})
    void aProgramOpensItsOutputByName(String kind) {
        String script = "sh -c 'echo one >/dev/stdout; echo two >/dev/stderr; echo three >/proc/self/fd/1' 2>&1 | cat";

        assertThat(sh(words(kind) + script)).contains("one\n", "two\n", "three\n");
    }

    @Test
    void aFileOfTheCallersKeepsItsOwner() throws IOException {
        Path file = FOLDER.resolve("owned");
        sh(EXEC + "echo hi >" + file);

        assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "SEGV", "USR1", "USR2", "ALRM", "TERM", "16",
                "CONT", "URG", "XCPU", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS", "35", "50", "64"
            })
    void everySignalGoesOn(String signal) throws IOException {
        assertGoesOn(signal, "exec", "streams");
    }

    /** Also those that the JVM needs, and by way of PID 1 of a box of its own. */
    @ParameterizedTest
    @ValueSource(strings = {"ILL", "BUS", "FPE", "SEGV", "TERM", "64"})
    void everySignalGoesOnToTheProgramOfRun(String signal) throws IOException {
        assertGoesOn(signal, "run", "sandbox");
    }

    private static void assertGoesOn(String signal, String command, String box) throws IOException {
        String script = "trap 'echo got; exit 7' " + signal + "; echo up; while :; do sleep 0.1; done";
        Process process = TestHost.builder(TestHost.signalled(command, box, "--", "sh", "-c", script))
                .redirectErrorStream(true)
                .start();
        BufferedReader out = process.inputReader();
        assertThat(out.readLine()).isEqualTo("up");
        sh("kill -s " + signal + " " + process.pid());

        assertThat(TestHost.exitCode(process)).isEqualTo(7);
        assertThat(out.readLine()).isEqualTo("got");
        assertThat(out.readLine()).isNull();
    }

    /** Ctrl-Z: the command stops, and the place that it has in the caller's pipeline; CONT continues both. */
    @ParameterizedTest
    @ValueSource(strings = {"run", "exec"})
    void stoppedByItsTerminalBothStopAndGoOn(String kind) throws IOException {
        String[] words = (kind.equals("exec") ? "exec streams --" : "run -f /run/boxes/streams-run.yaml --").split(" ");
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of("sh", "-c", "echo up; while read x; do echo $x; done"));
        Process process = TestHost.builder(TestHost.signalled(all.toArray(new String[0])))
                .redirectErrorStream(true)
                .start();
        BufferedReader out = process.inputReader();
        assertThat(out.readLine()).isEqualTo("up");

        sh("kill -s TSTP " + process.pid());
        Boxes.await("both to stop", () -> state(process.pid()).equals("T"));
        process.getOutputStream().write("on\n".getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
        sh("sleep 0.3; kill -s CONT " + process.pid());

        assertThat(out.readLine()).isEqualTo("on");
        process.getOutputStream().close();
        assertThat(TestHost.exitCode(process)).isZero();
    }

    private static String state(long pid) {
        return sh("sed 's/.*) //; s/ .*//' /proc/" + pid + "/stat").strip();
    }

    /** The JVM takes a signal for itself, and crashes where others send it: not one that anybody uses. */
    @ParameterizedTest
    @ValueSource(strings = {"events", "wait streams -s STOPPED"})
    void noSignalMakesACommandCrash(String words) throws Exception {
        Process process = TestHost.builder(TestHost.signalled(words.split(" ")))
                .redirectErrorStream(true)
                .start();
        Thread.sleep(700);
        sh("kill -s USR2 " + process.pid());

        assertThat(TestHost.exitCode(process)).isEqualTo(128 + 12);
        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"ls", "config schema", "exec streams -- echo hi", "run -f /run/boxes/streams-run.yaml -- echo hi"
            })
    void whatCannotBeWrittenIsAnError(String words) {
        assertThat(sh("bin/jbox " + words + " >&- 2>/run/streams/err; echo $?; cat /run/streams/err"))
                .startsWith("1")
                .contains("Bad file descriptor (EBADF)");
        assertThat(sh("bin/jbox " + words + " >/dev/full 2>/run/streams/err; echo $?; cat /run/streams/err"))
                .startsWith("1")
                .contains("No space left on device (ENOSPC)");
    }

    @Test
    void aLimitOfFileSizesIsAnErrorWithoutATrace() {
        String said = sh("prlimit --fsize=4096 " + RUN + "echo hi 2>&1; echo $?");
        assertThat(said).doesNotContain("Exception", "\tat ");
    }

    /** Each byte but NUL and the line's end, alone and as the first of what looks like a character. */
    @ParameterizedTest
    @ValueSource(strings = {"run", "exec"})
    void bytesArriveAsTheyAre(String kind) throws IOException {
        byte[] all = new byte[254 * 2];
        for (int i = 0, value = 1; value < 256; value++) {
            if (value != '\n') {
                all[i++] = (byte) value;
                all[i++] = (byte) (value < 128 ? value : 'x');
            }
        }
        Path file = FOLDER.resolve("bytes");
        Files.write(file, all);
        Path back = FOLDER.resolve("back");
        String tool = kind.equals("exec") ? "bin/jbox exec -e \"V=$(cat " + file + ")\" streams -- " : words(kind);
        sh(tool + "printf %s \"$(cat " + file + ")\" >" + back);
        assertThat(Files.readAllBytes(back)).isEqualTo(all);
        if (kind.equals("exec")) {
            sh(tool + "sh -c 'printf %s \"$V\"' >" + back);
            assertThat(Files.readAllBytes(back)).isEqualTo(all);
        }
    }

    @Test
    void argumentsAreAsManyAsTheKernelTakes() {
        assertThat(sh("seq 30000 | xargs -s 1000000 -n 30000 " + EXEC + "sh -c 'echo $#' x"))
                .isEqualTo("30000\n");
        // One string of the greatest length: 32 pages with its NUL.
        assertThat(sh(EXEC + "sh -c 'echo ${#1}' x \"$(head -c 131071 /dev/zero | tr '\\0' y)\""))
                .isEqualTo("131071\n");
    }

    @Test
    void theCallersEnvironmentIsAsLargeAsTheKernelTakes() {
        Result result = TestHost.run(
                List.of(
                        "sh",
                        "-c",
                        "for i in 0 1 2 3; do export V$i=$(head -c 100000 /dev/zero | tr '\\0' $i); done; bin/jbox"
                                + " unshare -u env | wc -c"),
                Map.of());

        assertThat(result.err()).isEmpty();
        assertThat(Integer.parseInt(result.out().strip())).isGreaterThan(400_000);
    }

    @Test
    void aBoxHasAsManyMountsAsItsConfigurationSays() throws IOException {
        StringBuilder entries = new StringBuilder();
        for (int i = 0; i < 400; i++) {
            entries.append("  - proc tmp/m").append(i).append(" tmpfs size=4k,create=dir 0 0\n");
        }
        String file =
                Boxes.define("many", "mount:\n  entry:\n" + entries.toString().replaceAll("(?m)^", "  "));

        assertThat(Boxes.jbox("run", "-f", file, "--", "sh", "-c", "grep -c ' /tmp/m' /proc/mounts")
                        .out())
                .isEqualTo("400\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "config schema",
                "config show bbox-empty",
                "plan bbox-empty",
                "ls",
                "--help",
                "help start",
                "completion bash",
                "lsns",
                "audit bbox-empty",
                "check",
                "version"
            })
    void outputThatCannotBeWrittenIsAnError(String command) {
        Result full = TestHost.run(List.of("sh", "-c", "bin/jbox " + command + " >/dev/full"), Map.of());
        assertThat(full.exitCode()).as(full.err()).isNotZero();
        assertThat(full.err()).contains("No space left on device").doesNotContain("Exception", "\tat ");

        Result closed = TestHost.run(
                List.of("sh", "-c", "{ bin/jbox " + command + "; echo $? >" + FOLDER + "/code; } | true"), Map.of());
        assertThat(closed.err()).isEmpty();
    }

    /** What a box has written to its console is shown as text; the bytes are to be had. */
    @Test
    void aTerminalIsNotSpokenToByABoxsLog() throws IOException {
        String file = Boxes.define(
                "logged",
                "init: {cmd: [/usr/bin/printf, \"\\e[6n\\e]0;title\\a\\e[31mred\\e[0m\\ec\\x9b6nend\"]}",
                "console: {logfile: " + FOLDER + "/console.log}");
        Boxes.jbox("start", file);
        Boxes.await("the end", () -> Boxes.state("logged").equals("STOPPED"));
        String shown = sh("script -qec 'bin/jbox logs " + file + "' /dev/null");
        String bytes = sh("script -qec 'bin/jbox logs --raw " + file + "' /dev/null");

        assertThat(shown).contains("\033[31mred\033[0m", "end").doesNotContain("[6n", "\033]0;", "\033c", "\u009b");
        assertThat(bytes).contains("\033[6n\033]0;title\007\033[31mred\033[0m\033c\u009b6nend");
    }
}
