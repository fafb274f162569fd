package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code jbox console} and {@code jbox logs}. */
class ConsoleIT {
    private static final String SHELL = "init: {cmd: [/bin/sh, -i]}";

    @BeforeAll
    static void host() {
        TestHost.require();
    }

    @AfterEach
    void stop() {
        for (String name : TestHost.jbox("ls", "--active").out().split("\\s+")) {
            if (!name.isEmpty()) {
                Boxes.jbox("stop", "-k", name);
            }
        }
        assertThat(Boxes.leftovers()).isEmpty();
    }

    private static Process attach(String... arguments) throws IOException {
        String[] all = new String[arguments.length + 1];
        all[0] = "console";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return TestHost.builder(TestHost.command(all)).redirectErrorStream(true).start();
    }

    private static void type(Process console, String keys) throws IOException {
        OutputStream in = console.getOutputStream();
        in.write(keys.getBytes(StandardCharsets.UTF_8));
        in.flush();
    }

    private static String readUntil(BufferedReader out, String wanted) throws IOException {
        StringBuilder all = new StringBuilder();
        for (int c = out.read(); c >= 0; c = out.read()) {
            all.append((char) c);
            if (all.indexOf(wanted) >= 0) {
                return all.toString();
            }
        }
        throw new AssertionError("no \"" + wanted + "\" in " + all);
    }

    @Test
    @Tag("jdk25")
    void severalPeopleOneAfterAnother() throws IOException, InterruptedException {
        Boxes.jbox("start", Boxes.define("box1", SHELL));
        for (int i = 0; i < 3; i++) {
            Process console = attach("box1", "-t", "0");
            try (BufferedReader out = console.inputReader()) {
                type(console, "echo $((40+" + i + "))\n");
                readUntil(out, Integer.toString(40 + i));
                type(console, "\001q");
                assertThat(console.waitFor(10, TimeUnit.SECONDS)).isTrue();
                assertThat(console.exitValue()).isZero();
            }
        }
        assertThat(Boxes.state("box1")).isEqualTo("RUNNING");
        assertThat(Boxes.jbox("logs", "box1").out())
                .contains("40")
                .contains("41")
                .contains("42");
    }

    @Test
    void aConsoleThatTheBoxDoesNotReadCanBeLeft() throws IOException, InterruptedException {
        Boxes.jbox("start", Boxes.define("box1", Boxes.idle()));
        Process console = attach("box1", "-t", "0");

        type(console, "nobody reads this\n".repeat(6000));
        type(console, "\001q");

        assertThat(console.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(console.exitValue()).isZero();
    }

    /** A terminal takes 4 KiB at a time. */
    @Test
    void whatIsTypedFasterThanTheBoxReadsComesThroughWhole() throws IOException, InterruptedException {
        Boxes.jbox(
                "start",
                Boxes.define(
                        "box1",
                        "tty: {max: 1}",
                        "init: {cmd: [/bin/sh, -c, \"stty -echo raw; echo ready; sleep 1; head -c 100000 | md5sum; sleep 1000\"]}"));
        Process console = attach("box1", "-t", "0");
        try (BufferedReader out = console.inputReader()) {
            type(console, "0123456789".repeat(10_000));
            readUntil(out, "13572e9e296cff52b79c52148313c3a5");
        }
        type(console, "\001q");
        assertThat(console.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void theEscapeKeyTwiceIsTheKeyAndAnotherCanBeChosen() throws IOException, InterruptedException {
        Boxes.jbox(
                "start",
                Boxes.define(
                        "box1", "init: {cmd: [/bin/sh, -c, \"stty raw -echo; echo up; exec od -An -tx1 -v -w1\"]}"));
        Boxes.await("the box", () -> TestHost.jbox("logs", "box1").out().contains("up"));
        Process console = attach("box1", "-e", "^B");
        try (BufferedReader out = console.inputReader()) {
            type(console, "\001\002\002\002x");
            assertThat(readUntil(out, "78").replaceAll("\\s+", " ")).contains("01 02 02 78");
            type(console, "\002q");
            assertThat(console.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void twoAtOnceAreRefusedAndAKilledOneLetsGo() throws IOException, InterruptedException {
        Boxes.jbox("start", Boxes.define("box1", SHELL));
        Process first = attach("box1");
        try (BufferedReader out = first.inputReader()) {
            type(first, "echo $((50+1))\n");
            readUntil(out, "51");
            assertThat(TestHost.jbox("console", "box1").err())
                    .contains("box1: another terminal is attached to its console");
        }

        first.destroyForcibly().waitFor();

        Process second = attach("box1");
        try (BufferedReader out = second.inputReader()) {
            type(second, "echo $((60+2))\n");
            readUntil(out, "62");
            type(second, "\001q");
            assertThat(second.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void theTerminalIsGivenBackAfterAKill() throws IOException, InterruptedException {
        Boxes.jbox("start", Boxes.define("box1", SHELL));
        Files.writeString(Path.of("/run/terminal.sh"), "bin/jbox console box1; sleep 0.5; stty -a\n");
        Process terminal = TestHost.builder(List.of("script", "-qec", "sh /run/terminal.sh", "/dev/null"))
                .redirectErrorStream(true)
                .start();
        try (BufferedReader out = terminal.inputReader()) {
            readUntil(out, "q leaves");
            type(terminal, "echo $((90+5))\r");
            readUntil(out, "95");
            String console = TestHost.processes("Start console box1").get(0).split(" ")[0];
            ProcessHandle.of(Long.parseLong(console)).orElseThrow().destroyForcibly();
            assertThat(readUntil(out, "echoke")).contains(" icanon").doesNotContain("-icanon");
        }
        assertThat(terminal.waitFor(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void ttysAndTheirLimit() throws IOException, InterruptedException {
        Boxes.jbox(
                "start",
                Boxes.define(
                        "box1",
                        "init: {cmd: [/bin/sh, -c, \"exec /bin/sh -i </dev/tty2 >/dev/tty2 2>&1\"]}",
                        "tty: {max: 2}"));
        Process console = attach("box1", "-t", "2");
        try (BufferedReader out = console.inputReader()) {
            type(console, "echo $((70+3))\n");
            readUntil(out, "73");
            type(console, "\001q");
            assertThat(console.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(TestHost.jbox("console", "box1", "-t", "3").err())
                .contains("box1: has no tty3\n  hint: tty.max is 2");
    }

    /** The busybox template's way in: who reaches a tty from outside could exec as well. */
    @Test
    void theTemplatesFirstTtyIsRoots() throws IOException, InterruptedException {
        Boxes.jbox("start", "bbox-empty");
        Process console = attach("bbox-empty", "-t", "1");
        try (BufferedReader out = console.inputReader()) {
            type(console, "echo $(id -un) $((70+3)) $0\n");
            readUntil(out, "root 73 -sh");
        }
        Boxes.jbox("stop", "-k", "bbox-empty");
    }

    @Test
    void aBoxWithoutAConsole() {
        Boxes.jbox("start", Boxes.define("box1", Boxes.idle(), "console: {path: none}"));

        assertThat(TestHost.jbox("console", "box1").err())
                .contains("box1: has no console\n  hint: console.path is none");
    }

    @Test
    void theConsoleEndsWithTheBox() throws IOException, InterruptedException {
        Boxes.jbox("start", Boxes.define("box1", SHELL));
        Process console = attach("box1");
        try (BufferedReader out = console.inputReader()) {
            type(console, "echo $((80+4))\n");
            readUntil(out, "84");
            type(console, "exit 5\n");
            assertThat(console.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(Files.readAllBytes(Path.of("/run/jbox/box1/exit"))).containsExactly(0, 5);
    }

    @Test
    void aFloodWithNobodyAttachedBlocksNothingAndStaysBounded() throws InterruptedException, IOException {
        String flood = "init: {cmd: [/bin/sh, -c, \"trap 'echo last; exit 0' PWR; yes 0123456789abcdef & wait\"]}";
        Boxes.jbox("start", Boxes.define("box1", flood, "console: {size: 64k}"));
        long most = 0;
        for (int i = 0; i < 100; i++) {
            Thread.sleep(100);
            most = Math.max(
                    most,
                    Files.size(Path.of("/run/jbox/box1/console.log"))
                            + Files.size(Path.of("/run/jbox/box1/console.log.1")));
        }
        String cpu = Boxes.jbox("info", "-S", "box1").out();

        assertThat(most).isBetween(64L << 10, 2 * (64L << 10) + 2 * 4096);
        assertThat(cpu).contains("CPU use");
        Process console = attach("box1");
        try (BufferedReader out = console.inputReader()) {
            readUntil(out, "0123456789abcdef");
            type(console, "\001q");
            while (out.read() >= 0) {}
            assertThat(console.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
        Boxes.jbox("stop", "box1");
        assertThat(Boxes.jbox("logs", "box1").out()).contains("0123456789abcdef");
    }

    @Test
    void aLogThatIsNotRotatedIsEmptied() throws InterruptedException, IOException {
        Path log = Path.of("/run/own.log");
        Boxes.jbox(
                "start",
                Boxes.define(
                        "box1",
                        "init: {cmd: [/usr/bin/yes, 0123456789abcdef]}",
                        "console: {size: 16k, rotate: false, logfile: " + log + "}"));
        Thread.sleep(1000);

        assertThat(Files.size(log)).isLessThan(16 * 1024 + 4096 + 1);
        assertThat(Path.of("/run/own.log.1")).doesNotExist();
        Boxes.jbox("stop", "-k", "box1");
        Files.delete(log);
    }

    @Test
    void logsFollowUntilTheBoxHasStopped() throws IOException, InterruptedException {
        Boxes.jbox(
                "start",
                Boxes.define("box2", "init: {cmd: [/bin/sh, -c, \"sleep 2; echo first; sleep 1; echo second\"]}"));
        Process logs = TestHost.builder(TestHost.command("logs", "-f", "box2")).start();

        String all = new String(TestHost.output(logs), StandardCharsets.UTF_8);

        assertThat(all).isEqualTo("first\r\nsecond\r\n");
        assertThat(logs.waitFor()).isZero();
    }
}
