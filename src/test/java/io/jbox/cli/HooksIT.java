package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Hooks: when they run, what they find, and what happens when they fail. */
class HooksIT {
    private static final Path ENVIRONMENTS = Path.of("/run/env");

    @BeforeAll
    static void host() throws IOException {
        TestHost.require();
        Files.createDirectories(ENVIRONMENTS);
        Path script = Path.of("/run/hook.sh");
        Files.writeString(
                script,
                "#!/bin/sh\n{ echo \"arguments $*\"; echo \"root $(stat -c %d:%i /)\"; env; } >/run/env/$LXC_HOOK_TYPE\n"
                        + "echo \"said by $3\"\n");
        TestHost.run(List.of("chmod", "+x", script.toString()), Map.of());
    }

    @AfterEach
    void nothingIsLeft() {
        TestHost.jbox("stop", "-k", "box1");
        assertThat(Boxes.leftovers()).isEmpty();
    }

    private static String environment(String stage) throws IOException {
        return Files.readString(ENVIRONMENTS.resolve(stage));
    }

    /** PID 1 still has the memory of the program that sets the box up: what runs in the box must not get at it. */
    @ParameterizedTest
    @ValueSource(strings = {"auto", "none"})
    void aHookInTheBoxCannotReachWhoSetsItUp(String ids) {
        Boxes.jbox(
                "start",
                Boxes.define(
                        "box1",
                        Boxes.patient(),
                        "idmap: " + ids,
                        "hook: {start: 'sh -c \"for f in mem maps environ; do (true </proc/1/\\$f) 2>/dev/null && echo open; done >/tmp/x; for f in /proc/1/fd/*; do readlink \\$f; done >>/tmp/x; echo end >>/tmp/x\"'}",
                        "mount: {entry: [tmpfs tmp tmpfs mode=1777]}"));

        assertThat(Boxes.jbox("exec", "box1", "--", "cat", "/tmp/x").out()).isEqualTo("end\n");
        Boxes.jbox("stop", "-k", "box1");
    }

    /** Whoever runs the hooks of a box's end is killed, again and again: each hook runs once, and all of them in order. */
    @Test
    void whereJboxIsKilledNoHookOfTheEndRunsTwice() throws IOException {
        Path said = Path.of("/run/said");
        Files.writeString(said, "");
        String hook = "sh -c 'echo %1$s begins >>/run/said; sleep 0.5; echo %1$s ends >>/run/said' #";
        StringBuilder expected = new StringBuilder();
        StringBuilder lines = new StringBuilder();
        for (String stage : List.of("stop", "post-stop")) {
            lines.append("\n  ").append(stage).append(":");
            for (int i = 0; i < 2; i++) {
                lines.append("\n  - \"").append(hook.formatted(stage + i)).append('"');
                expected.append(stage)
                        .append(i)
                        .append(" begins\n")
                        .append(stage)
                        .append(i)
                        .append(" ends\n");
            }
        }
        Boxes.jbox("start", Boxes.define("box1", Boxes.patient(), "hook:" + lines));
        TestHost.run(List.of("sh", "-c", "kill -9 $(bin/jbox pid box1)"), Map.of());
        for (String begun : List.of("stop0", "stop1", "post-stop0")) {
            Boxes.await(begun, () -> TestHost.lines(said.toString()).contains(begun + " begins"));
            // The reaper at first, then whoever has come next.
            TestHost.run(List.of("pkill", "-9", "-f", "io.jbox.start.Start"), Map.of());
            TestHost.run(List.of("sh", "-c", "bin/jbox exec box1 -- true >/dev/null 2>&1 &"), Map.of());
        }
        Boxes.await(
                "the end",
                () -> TestHost.jbox("ls", "-1", "--running").out().isEmpty()
                        && TestHost.lines(said.toString()).contains("post-stop1 ends"));

        assertThat(Files.readString(said)).isEqualTo(expected.toString());
    }

    @Test
    void eachHasWhatLxcGivesIt() throws IOException {
        String file = Boxes.define(
                "box1",
                Boxes.patient(),
                // Hooks in the box are its own root, who writes nowhere on the host.
                "idmap: none",
                "hook:",
                "  pre-start: /run/hook.sh",
                "  pre-mount: /run/hook.sh",
                "  mount: [/run/hook.sh, 'sh -c \"echo made >$LXC_ROOTFS_MOUNT/tmp/by-hook\"']",
                "  autodev: [/run/hook.sh, 'sh -c \"mkdir $LXC_ROOTFS_MOUNT/dev/by-hook\"']",
                "  start-host: /run/hook.sh",
                "  start: 'sh -c \"hostname >/tmp/by-start; env >>/tmp/by-start\"'",
                "  stop: /run/hook.sh",
                "  post-stop: /run/hook.sh",
                "mount: {entry: [tmpfs tmp tmpfs mode=1777]}");
        Boxes.jbox("start", file);

        for (String stage : List.of("pre-start", "pre-mount", "mount", "autodev", "start-host")) {
            assertThat(environment(stage))
                    .contains("arguments box1 lxc " + stage + "\n")
                    .contains("LXC_NAME=box1\n")
                    .contains("JBOX_NAME=box1\n")
                    .contains("LXC_CONFIG_FILE=" + file + "\n")
                    .contains("LXC_ROOTFS_PATH=" + TestHost.ROOTFS + "\n")
                    .contains("LXC_HOOK_TYPE=" + stage + "\n")
                    .contains("LXC_HOOK_SECTION=lxc\n");
        }
        assertThat(environment("start-host"))
                .contains("LXC_PID=" + Boxes.jbox("pid", "box1").out());
        assertThat(Boxes.jbox("exec", "box1", "--", "cat", "/tmp/by-hook").out())
                .isEqualTo("made\n");
        assertThat(Boxes.jbox("exec", "box1", "--", "ls", "-d", "/dev/by-hook").out())
                .isEqualTo("/dev/by-hook\n");
        assertThat(Boxes.jbox("exec", "box1", "--", "cat", "/tmp/by-start").out())
                .startsWith("box1\n")
                .contains("LXC_HOOK_TYPE=start\n");
        assertThat(Files.readString(Path.of("/run/jbox/box1/log")))
                .contains("said by pre-start\n")
                .contains("said by autodev\n");

        Boxes.jbox("stop", "box1");
        assertThat(environment("stop")).contains("LXC_TARGET=stop\n").contains("LXC_NET_NS=/run/jbox/box1/ns/net\n");
        assertThat(environment("post-stop")).contains("JBOX_TARGET=stop\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"pre-start", "pre-mount", "mount", "autodev", "start-host", "start"})
    void aHookThatFailsFailsTheStart(String stage) {
        String file = Boxes.define("box1", Boxes.idle(), "hook:", "  " + stage + ": 'sh -c \"exit 3\"'");

        Result result = TestHost.jbox("start", file);

        assertThat(result.exitCode()).isEqualTo(125);
        assertThat(result.err())
                .startsWith("jbox: box1: hook " + stage + " \"sh -c \"exit 3\"\": exit code 3\n  " + file + ":5:");
        assertThat(Boxes.leftovers()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"pre-start", "mount", "start-host", "start"})
    void aHookThatTakesTooLongFailsTheStart(String stage) {
        String file = Boxes.define("box1", Boxes.idle(), "hook:", "  timeout: 1", "  " + stage + ": 'sleep 100;:'");

        Result result = TestHost.jbox("start", file);

        assertThat(result.err())
                .contains("hook " + stage + " \"sleep 100;:\": took too long")
                .contains("hook.timeout is 1 s");
        assertThat(Boxes.leftovers()).isEmpty();
        assertThat(TestHost.processes("sleep 100 ")).isEmpty();
    }

    /** The next command that acts on the box completes its end, whichever that is. */
    @ParameterizedTest
    @ValueSource(
            strings = {"exec box1 -- true", "net ls box1", "console box1", "freeze box1", "kill box1", "stop box1"})
    void theHooksOfABoxWhoseMonitorWasKilledAreRun(String command) throws IOException {
        Path said = Path.of("/run/said");
        Files.deleteIfExists(said);
        String file = Boxes.define(
                "box1", Boxes.idle(), "hook: {stop: 'echo stop >>/run/said;:', post-stop: 'echo end >>/run/said;:'}");
        Boxes.jbox("start", file);
        String init = Boxes.jbox("pid", "box1").out().strip();
        Wires.sh("kill -9 $(awk '/^PPid/ {print $2}' /proc/" + init + "/status)");
        Boxes.await("its end", () -> !Files.exists(Path.of("/proc/" + init)));

        TestHost.run(TestHost.command(command.split(" ")), Map.of("JBOX_PROGRAM", "off"));

        assertThat(said).hasContent("stop\nend");
        Files.delete(said);
        assertThat(Boxes.leftovers()).isEmpty();
    }

    /** A hook in the box may be the box's own program, and never end; one of the host's is waited for. */
    @ParameterizedTest
    @CsvSource({"start, sleep 31338", "mount, sleep 31338", "start-host, sleep 3", "pre-start, sleep 3"})
    void aBoxThatIsBeingStartedCanBeKilled(String stage, String command) throws IOException {
        String file = Boxes.define("box1", Boxes.idle(), "hook: {timeout: 3600, " + stage + ": '" + command + ";:'}");
        Process start = TestHost.builder(TestHost.command("start", file)).start();
        Boxes.await(
                "the hook",
                () -> TestHost.processes(command).stream().anyMatch(line -> line.matches("[0-9]+ " + command + " ")));

        Boxes.jbox("stop", "-k", "box1");

        TestHost.exitCode(start);
        assertThat(Boxes.leftovers()).isEmpty();
        assertThat(TestHost.processes(command)).isEmpty();
        Boxes.jbox("start", file, "-s", "hook." + stage + "=true;:");
    }

    @Test
    void postStopRunsAfterAFailedStartToo() throws IOException {
        Files.deleteIfExists(Path.of("/run/post"));
        String file = Boxes.define(
                "box1", "init: {cmd: /no/such}", "hook: {pre-start: ':', post-stop: 'echo ran >/run/post;:'}");

        TestHost.jbox("start", file);

        assertThat(Path.of("/run/post")).hasContent("ran\n");
    }

    /** They run in /, and a word that means a file beside the configuration would be another. */
    @Test
    void aRelativeHookOfTheHostIsRefused() {
        for (String stage : List.of("pre-start", "start-host", "stop", "post-stop")) {
            Result refused = TestHost.jbox(
                    "start", Boxes.define("hooked", Boxes.idle(), "hook: {" + stage + ": [./backup.sh --all]}"));

            assertThat(refused.exitCode()).isEqualTo(125);
            assertThat(refused.err())
                    .contains("hooked.yaml:4:")
                    .contains("is relative, but hooks on the host run in /");
        }
    }

    @Test
    void stopTellsWhatItsHooksDidNotDo() {
        String file = Boxes.define("hooked", Boxes.idle(), "hook: {stop: [/bin/false], post-stop: [/no/backup]}");
        Boxes.jbox("start", file);

        Result stopped = TestHost.jbox("stop", "-k", "hooked");

        assertThat(stopped.exitCode()).isZero();
        assertThat(stopped.err())
                .contains("jbox: hooked: hook stop \"/bin/false\": exit code 1\n")
                .contains("jbox: hooked: hook post-stop \"/no/backup\": exit code 127\n");
    }
}
