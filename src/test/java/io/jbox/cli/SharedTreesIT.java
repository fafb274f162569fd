package io.jbox.cli;

import static io.jbox.testhost.Wires.sh;
import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Trees that several boxes use, and what commands leave that were ended half-way. */
class SharedTreesIT {
    private static final Path BOXES = Path.of("/var/lib/jbox");

    @BeforeAll
    static void host() {
        TestHost.require();
    }

    @AfterEach
    void nothingIsLeft() {
        for (String name : TestHost.jbox("ls", "--active", "-1").out().split("\\s+")) {
            TestHost.jbox("stop", "-k", name);
        }
        for (String name : List.of("owner", "other", "half")) {
            TestHost.jbox("destroy", "-f", name);
        }
        TestHost.jbox("net", "down");
        Boxes.await("leftovers " + Boxes.leftovers(), () -> Boxes.leftovers().isEmpty());
    }

    private static void owner() {
        Boxes.jbox("create", "owner", "-t", "none");
        sh("cp -a " + TestHost.ROOTFS + " /var/lib/jbox/owner/rootfs");
    }

    private static Result refused(String... arguments) {
        Result result = TestHost.jbox(arguments);
        assertThat(result.exitCode()).as(String.join(" ", arguments)).isEqualTo(125);
        assertThat(BOXES.resolve("owner/rootfs/bin/busybox")).exists();
        return result;
    }

    /** Two overlays on one writable layer: overlayfs does not say what becomes of it. */
    @Test
    void aCopyOfAnOverlayHasALayerOfItsOwn() throws IOException {
        Boxes.jbox("create", "-f", "overlay", "owner");
        Boxes.jbox("create", "-f", "owner", "other");

        assertThat(BOXES.resolve("other/config.yaml")).content().contains("overlay:box:bbox:box:other\"");
        Boxes.jbox("start", "owner", "other");
        Boxes.jbox("exec", "owner", "--", "touch", "/mine");
        assertThat(BOXES.resolve("owner/rootfs/mine")).exists();
        assertThat(BOXES.resolve("other/rootfs/mine")).doesNotExist();
        Boxes.jbox("stop", "-k", "owner", "other");
        Boxes.jbox("destroy", "other");
        Path file = Path.of("/run/other.yaml");
        Files.writeString(
                file,
                "name: other\nrootfs: {path: 'overlay:" + TestHost.ROOTFS + ":/var/lib/jbox/owner/../owner/rootfs'}\n");
        assertThat(TestHost.jbox("create", "-f", file.toString(), "other").err())
                .contains("the overlay's upper folder is that of box owner", "/run/other.yaml:2:16", "box:other");
        assertThat(BOXES.resolve("other")).doesNotExist();
    }

    /** As the root, as a layer, as the source of a mount, and by another name of the same folder. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "rootfs: {path: /var/lib/jbox/owner/rootfs}",
                "rootfs: {path: 'box:owner'}",
                "rootfs: {path: 'overlay:/var/lib/jbox/owner/rootfs:/run/upper'}",
                "rootfs: {path: /run/jbox-test-rootfs}\nmount: {entry: [/var/lib/jbox/owner/rootfs/etc mnt none"
                        + " bind 0 0]}",
                "rootfs: {path: /run/other-name/owner/rootfs}",
                "rootfs: {path: /run/jbox-test-rootfs}\nmount: {entry: [/var/lib/jbox mnt none bind 0 0]}"
            })
    void aTreeThatABoxRunsOnIsNotRemoved(String root) throws IOException {
        owner();
        sh("ln -sfn /var/lib/jbox /run/other-name; mkdir -p /run/upper");
        Path file = Path.of("/run/other.yaml");
        Files.writeString(
                file,
                "name: other\n" + root.replace("/run/jbox-test-rootfs", TestHost.ROOTFS) + "\n" + Boxes.idle() + "\n");
        Boxes.jbox("start", file.toString());

        for (String force : List.of("", "-f")) {
            Result result = force.isEmpty() ? refused("destroy", "owner") : refused("destroy", force, "owner");
            assertThat(result.err()).contains("box other, which runs, uses");
        }
        assertThat(Boxes.state("other")).isEqualTo("RUNNING");
        Boxes.jbox("stop", "-k", "other");
        // A file somewhere does not count when its box stands still.
        Boxes.jbox("destroy", "owner");
        assertThat(BOXES.resolve("owner")).doesNotExist();
    }

    /** The configuration of a box that has a folder of the host's. */
    private static Path binds(String source) throws IOException {
        return Files.writeString(
                Path.of("/run/other.yaml"),
                "name: other\nrootfs: {path: " + TestHost.ROOTFS + "}\nmount: {entry: [" + source
                        + " mnt none bind 0 0]}\n" + Boxes.idle() + "\n");
    }

    /** By names that do not lead there any more, or never did by their paths. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            mount --bind /var/lib/jbox/owner /run/alias            | /run/alias/rootfs | true
            mount --bind /var/lib/jbox/owner/rootfs/etc /run/alias | /run/alias        | true
            ln -s /var/lib/jbox/owner/rootfs /run/alias/link       | /run/alias/link   | ln -sfn /srv /run/alias/link
            """)
    void aTreeIsKnownByWhateverName(String before, String source, String after) throws IOException {
        owner();
        sh("mkdir -p -m 755 /run/alias && " + before);
        try {
            Path file = binds(source);
            Boxes.jbox("start", file.toString());
            sh(after);

            for (String force : List.of("", "-f")) {
                Result result = force.isEmpty() ? refused("destroy", "owner") : refused("destroy", force, "owner");
                assertThat(result.err()).contains("box other, which runs, uses");
            }
        } finally {
            TestHost.jbox("stop", "-k", "other");
            sh("umount /run/alias 2>/dev/null; rm -rf --one-file-system /run/alias");
        }
    }

    /** Of a command, too, which no record tells of. */
    @ParameterizedTest
    @ValueSource(strings = {"start", "run"})
    void whatABoxBindsIsNotShifted(String how) throws Exception {
        owner();
        Path file = binds("/var/lib/jbox/owner/rootfs/etc");
        Process command = how.equals("run")
                ? TestHost.builder(TestHost.command("run", "-f", file.toString(), "--", "sleep", "1000"))
                        .start()
                : null;
        if (command == null) {
            Boxes.jbox("start", file.toString());
        } else {
            Boxes.await("the command", () -> !TestHost.processes("sleep 1000").isEmpty());
            Thread.sleep(500);
        }
        try {
            Path shifting = Path.of("/run/shifting.yaml");
            Files.writeString(
                    shifting,
                    "name: shifting\nrootfs: {path: /var/lib/jbox/owner/rootfs, options: shift}\nidmap: [b 0 200000 65536]\n");

            assertThat(refused("run", "-f", shifting.toString(), "--", "true").err())
                    .contains("its files would change their owners");
            assertThat(Files.getAttribute(BOXES.resolve("owner/rootfs/bin/busybox"), "unix:uid"))
                    .isEqualTo(0);
        } finally {
            if (command != null) {
                command.destroy();
                command.waitFor();
            }
        }
    }

    @Test
    void aTreeThatADefinedBoxNeedsIsRemovedByForceAlone() throws IOException {
        owner();
        Boxes.jbox("create", "other", "-t", "none");
        Path config = BOXES.resolve("other/config.yaml");
        Files.writeString(config, "name: other\nrootfs: {path: 'box:owner'}\n");

        assertThat(refused("destroy", "owner").err()).contains("other").contains("-f");
        Boxes.jbox("destroy", "-f", "owner");
        assertThat(BOXES.resolve("owner")).doesNotExist();
    }

    @Test
    void aTreeThatAnotherBoxUsesIsNotShifted() throws IOException {
        owner();
        Path file = Path.of("/run/other.yaml");
        Files.writeString(file, "name: other\nrootfs: {path: 'box:owner'}\n" + Boxes.idle() + "\n");
        Boxes.jbox("start", file.toString());
        Path shifting = Path.of("/run/shifting.yaml");
        Files.writeString(
                shifting,
                "name: shifting\nrootfs: {path: /var/lib/jbox/owner/rootfs, options: shift}\nidmap: [b 0 200000 65536]\n");

        assertThat(refused("run", "-f", shifting.toString(), "--", "true").err())
                .contains("its files would change their owners");
        assertThat(Files.getAttribute(BOXES.resolve("owner/rootfs/bin/busybox"), "unix:uid"))
                .isEqualTo(0);
    }

    @Test
    void templatesAreMadeOnceHoweverManyAsk() {
        sh("rm -rf /var/lib/jbox/bbox");
        String all = sh("for box in bbox-empty sandbox readonly overlay; do (bin/jbox start $box 2>&1; echo code $?) &"
                + " done; wait");

        assertThat(all.lines().filter(line -> line.equals("code 0"))).as(all).hasSize(4);
        assertThat(sh("ls -A /var/lib/jbox/bbox").split("\n")).contains("rootfs");
        assertThat(sh("find /var/lib/jbox/bbox -maxdepth 1 -name '*.new*' -o -maxdepth 1 -name '*.aside*'"))
                .isEmpty();
    }

    /** The next command has it tidied up, whether it looks, changes or fails. */
    @ParameterizedTest
    @CsvSource({"KILL,ls", "KILL,check", "KILL,stop nosuch", "TERM,ls", "INT,ls", "HUP,ls"})
    void aStartThatWasEndedLeavesNothing(String signal, String next) throws IOException {
        String file = Boxes.define("half", Boxes.idle(), "hook: {pre-start: ['sleep 41414; :']}");
        Process start = TestHost.builder(TestHost.signalled("start", file))
                .redirectErrorStream(true)
                .start();
        Boxes.await("the hook", () -> !TestHost.processes("sleep 41414").isEmpty());
        sh("kill -s " + signal + " " + start.pid());
        TestHost.exitCode(start);

        TestHost.jbox(next.split(" "));
        Boxes.await("nothing to be left", () -> Boxes.leftovers().isEmpty());
        if (signal.equals("KILL")) {
            // Nobody was there to end the hook, which is a program of the host's and may be in the midst of something.
            for (String process : TestHost.processes("sleep 41414")) {
                sh("kill " + process.split(" ")[0]);
            }
        }
        Boxes.await(
                "the end of the hook", () -> TestHost.processes("sleep 41414").isEmpty());
        assertThat(Boxes.jbox("ls", "-1").out()).doesNotContain("half");
    }

    @ParameterizedTest
    @ValueSource(strings = {"KILL", "TERM"})
    void aCreateThatWasEndedLeavesNothing(String signal) throws IOException {
        Path slow = Path.of("/run/slow-busybox");
        Files.writeString(slow, "#!/bin/sh\n[ \"$1\" != --list-full ] || sleep 20\nexec /bin/busybox \"$@\"\n");
        sh("chmod +x " + slow);
        ProcessBuilder builder = TestHost.builder(TestHost.command("create", "half"));
        builder.environment().put("BUSYBOX", slow.toString());
        Process create = builder.redirectErrorStream(true).start();
        Boxes.await("the template", () -> !TestHost.processes("sleep 20").isEmpty());
        sh("kill -s " + signal + " " + create.pid());
        TestHost.exitCode(create);

        Boxes.jbox("ls");
        Boxes.await("its folder", () -> !Files.exists(BOXES.resolve("half")));
        assertThat(Boxes.jbox("ls", "-1").out()).doesNotContain("half");
        Boxes.jbox("create", "half", "-t", "none");
    }
}
