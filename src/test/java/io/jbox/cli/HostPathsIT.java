package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Paths of the host in a configuration: where others can write, they lead nobody elsewhere. */
class HostPathsIT {
    private static final String BINDS = "mount: {entry: [\"/run/vol/share share none bind,create=dir,idmap=container\","
            + " \"/run/vol/share/logs var/log none bind,create=dir\"]}";

    @BeforeAll
    static void host() {
        TestHost.require();
    }

    @BeforeEach
    void folders() {
        Wires.sh(
                "rm -rf /run/vol; mkdir -m 700 /run/vol; mkdir -p /run/vol/share/logs; echo precious >/run/vol/secret");
    }

    @AfterEach
    void nothingIsLeft() {
        TestHost.jbox("stop", "-k", "attacker");
        TestHost.jbox("stop", "-k", "victim");
        Boxes.await("leftovers " + Boxes.leftovers(), () -> Boxes.leftovers().isEmpty());
    }

    /** The box replaces what it has of the host by a link, and is started once more. */
    @ParameterizedTest
    @ValueSource(strings = {"/", "/run/vol", "..", "../secret"})
    void aLinkThatTheBoxHasMadeIsNotFollowed(String target) {
        String file = Boxes.define("attacker", Boxes.idle(), BINDS);
        Boxes.jbox("start", file);
        Boxes.jbox(
                "exec", "attacker", "--", "sh", "-c", "mv /share/logs /share/old && ln -s " + target + " /share/logs");

        Result again = TestHost.jbox("restart", "-k", "attacker");

        assertThat(again.exitCode()).isEqualTo(125);
        assertThat(again.err())
                .contains(
                        "open \"/run/vol/share/logs\" for the box: openat2: Too many levels of symbolic links (ELOOP)")
                .contains("attacker.yaml:4:");
    }

    /** By whatever names the two are called. */
    @ParameterizedTest
    @CsvSource({"link,link", "link,real", "real,link", "alias,real", "real,alias"})
    void aLinkIsNotFollowedByAnotherName(String share, String logs) {
        Wires.sh(
                "mkdir -p /run/vol/real/share/logs /run/vol/alias; ln -s real /run/vol/link; mount --bind /run/vol/real"
                        + " /run/vol/alias");
        try {
            String file = Boxes.define(
                    "attacker",
                    Boxes.idle(),
                    "mount: {entry: [\"/run/vol/" + share
                            + "/share share none bind,create=dir,idmap=container\", \"/run/vol/" + logs
                            + "/share/logs opt none bind,create=dir,idmap=container\"]}");
            Boxes.jbox("start", file);
            Boxes.jbox("exec", "attacker", "--", "sh", "-c", "mv /share/logs /share/old && ln -s /run/vol /share/logs");

            Result again = TestHost.jbox("restart", "-k", "attacker");

            assertThat(again.exitCode()).isEqualTo(125);
            assertThat(again.err()).contains("ELOOP");
        } finally {
            TestHost.jbox("stop", "-k", "attacker");
            Wires.sh("umount /run/vol/alias");
        }
    }

    /** A pipe in place of a log: whoever opens one waits for a reader. */
    @ParameterizedTest
    @ValueSource(strings = {"console: {logfile: /run/vol/share/log}", "log: {file: /run/vol/share/log}"})
    void aPipeInPlaceOfALogKeepsNobody(String line) {
        Wires.sh("mkfifo /run/vol/share/log");

        Result refused = TestHost.jbox("start", Boxes.define("victim", Boxes.idle(), line));

        assertThat(refused.exitCode()).isEqualTo(125);
        assertThat(refused.err()).contains("regular file", "victim.yaml:4:");
    }

    /** The same with a box of somebody else's, which still runs. */
    @Test
    void aLinkOfAnotherBoxIsNotFollowed() {
        Boxes.jbox("start", Boxes.define("attacker", Boxes.idle(), BINDS));
        Boxes.jbox("exec", "attacker", "--", "sh", "-c", "mkdir /share/deep && ln -s /run/vol /share/deep/link");

        Result victim = TestHost.jbox(
                "start",
                Boxes.define(
                        "victim",
                        Boxes.idle(),
                        "mount: {entry: [\"/run/vol/share/deep/link/share mnt none bind,create=dir\"]}"));

        assertThat(victim.err()).contains("ELOOP").contains("write the path it leads to");
    }

    /** Whatever names the path: no mount is needed for jbox to ask whose files those are. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "rootfs.path=/run/vol/share/deep/link/root",
                "rootfs.path=overlay:/run/vol/share/deep/link/root:/run/vol/upper",
                "rootfs.path=overlay:/run/vol/root:/run/vol/share/deep/link/upper",
                "console.logfile=/run/vol/share/deep/link/log",
                "log.file=/run/vol/share/deep/link/log",
                "-o",
                "-o /dev/../run/vol/share/deep/link/file",
                "-o /dev/shm/../../run/vol/share/deep/link/file",
                "-o /proc/self/fd/../../../run/vol/share/deep/link/file",
                "-p",
                "-p /dev/../run/vol/share/deep/link/file",
                "-p /run/vol/share/pid",
            })
    void aLinkOfAnotherBoxLeadsNothingElsewhere(String what) {
        Wires.sh("mkdir -p /run/vol/root; ln -s /run/vol/secret /run/vol/share/pid");
        Boxes.jbox("start", Boxes.define("attacker", Boxes.idle(), BINDS));
        Boxes.jbox("exec", "attacker", "--", "sh", "-c", "mkdir /share/deep && ln -s /run/vol /share/deep/link");
        String file = Boxes.define("victim", Boxes.idle());
        String path = what.length() > 2 ? what.substring(3) : "/run/vol/share/deep/link/file";
        for (String command : List.of("start", "run")) {
            if (command.equals("run") && (what.startsWith("-p") || what.startsWith("console"))) {
                continue;
            }
            List<String> words = new ArrayList<>(List.of(command, "-f", file));
            words.addAll(what.startsWith("-") ? List.of(what.substring(0, 2), path) : List.of("-s", what));
            if (command.equals("run")) {
                words.addAll(List.of("--", "true"));
            }

            Result refused = TestHost.jbox(words.toArray(new String[0]));

            assertThat(refused.exitCode()).as(String.join(" ", words)).isEqualTo(125);
            assertThat(refused.err()).contains("ELOOP");
        }
        assertThat(Wires.sh("cat /run/vol/secret; ls /run/vol")).isEqualTo("precious\nroot\nsecret\nshare\n");
    }

    /** One that runs for a command has no record, but its trees are locked. */
    @Test
    void aLinkOfACommandsBoxIsNotFollowed() throws IOException {
        String file = Boxes.define("attacker", Boxes.idle(), BINDS);
        Process command = TestHost.builder(TestHost.command(
                        "run", "-f", file, "--", "sh", "-c", "ln -s /run/vol /share/link; echo made; sleep 20"))
                .start();
        try {
            assertThat(command.inputReader().readLine()).isEqualTo("made");

            Result victim = TestHost.jbox(
                    "start",
                    Boxes.define(
                            "victim",
                            Boxes.idle(),
                            "mount: {entry: [\"/run/vol/share/link mnt none bind,create=dir\"]}"));

            assertThat(victim.err()).contains("ELOOP").contains("write the path it leads to");
        } finally {
            command.destroy();
            command.onExit().join();
        }
    }

    /** A box that stands still may have made links before. */
    @Test
    void aLinkOfABoxThatIsDefinedIsNotFollowed() {
        Boxes.jbox("create", "-f", Boxes.define("attacker", Boxes.idle(), BINDS), "attacker");
        try {
            Wires.sh("ln -s /run/vol /run/vol/share/link");

            Result victim = TestHost.jbox(
                    "start",
                    Boxes.define(
                            "victim",
                            Boxes.idle(),
                            "mount: {entry: [\"/run/vol/share/link mnt none bind,create=dir\"]}"));

            assertThat(victim.err()).contains("ELOOP");
        } finally {
            Boxes.jbox("destroy", "attacker");
        }
    }

    /** A mount may show a part of the tree, without its uppermost folder. */
    @Test
    void aLinkInAPartOfATreeIsNotFollowedByAnotherName() {
        Wires.sh("mkdir /run/vol/alias; mount --bind /run/vol/share/logs /run/vol/alias");
        try {
            Boxes.jbox("start", Boxes.define("attacker", Boxes.idle(), BINDS));
            Boxes.jbox("exec", "attacker", "--", "ln", "-s", "/run/vol", "/share/logs/link");

            Result victim = TestHost.jbox(
                    "start",
                    Boxes.define(
                            "victim",
                            Boxes.idle(),
                            "mount: {entry: [\"/run/vol/alias/link mnt none bind,create=dir\"]}"));

            assertThat(victim.err()).contains("ELOOP");
        } finally {
            TestHost.jbox("stop", "-k", "attacker");
            Wires.sh("umount /run/vol/alias");
        }
    }

    /** The log lies where the box can write, and is a link or a pipe by the time that somebody reads it. */
    @ParameterizedTest
    @CsvSource({"ln -s /run/vol/secret, ELOOP", "mkfifo, is not a regular file", "mkdir, is not a regular file"})
    void logsReadsNothingElse(String replacing, String error) {
        Boxes.jbox(
                "start", Boxes.define("attacker", Boxes.idle(), BINDS, "console: {logfile: /run/vol/share/con.log}"));
        Boxes.jbox("exec", "attacker", "--", "sh", "-c", "rm /share/con.log; " + replacing + " /share/con.log");

        for (String follow : List.of("--raw", "-f")) {
            Result logs = TestHost.jbox("logs", follow, "attacker");

            assertThat(logs.exitCode()).isEqualTo(125);
            assertThat(logs.err()).contains(error);
            assertThat(logs.out()).isEmpty();
        }
    }

    /** What /proc calls links are none by their texts. */
    @Test
    void aLinkOfProcIsNotFollowed() {
        Result refused = TestHost.jbox(
                "start",
                Boxes.define(
                        "victim",
                        Boxes.idle(),
                        "mount: {entry: [\"/proc/1/root/run/vol/share mnt none bind,create=dir\"]}"));

        assertThat(refused.err()).contains("ELOOP");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "chmod 777 /run/vol/dir",
                "chown 4242 /run/vol/dir",
                "chown -h 4242 /run/vol/dir/link; chmod 1777 /run/vol/dir"
            })
    void aLinkThatAnotherUserCanChangeIsNotFollowed(String change) {
        Wires.sh("mkdir /run/vol/dir; ln -s /run/vol /run/vol/dir/link; " + change);

        Result refused = TestHost.jbox(
                "start",
                Boxes.define(
                        "victim", Boxes.idle(), "mount: {entry: [\"/run/vol/dir/link mnt none bind,create=dir\"]}"));

        assertThat(refused.err()).contains("ELOOP");
    }

    /** What only root can change is the host's own way of naming things. */
    @Test
    void rootsOwnLinksAreFollowed() {
        Wires.sh(
                "mkdir /run/vol/dir; ln -s ../share /run/vol/dir/link; ln -s /run/vol/dir /run/vol/way; touch /run/vol/share/here");

        Boxes.jbox(
                "start",
                Boxes.define(
                        "victim", Boxes.idle(), "mount: {entry: [\"/run/vol/way/link mnt none bind,create=dir\"]}"));

        assertThat(Boxes.jbox("exec", "victim", "--", "ls", "/mnt").out()).isEqualTo("here\nlogs\n");
    }

    @Test
    void aRootFileSystemBehindALinkOfSomebodyElseIsNotUsed() {
        Wires.sh("mkdir -m 777 /run/vol/dir; ln -s " + TestHost.ROOTFS + " /run/vol/dir/root");

        Result refused = TestHost.jbox("run", "--rootfs", "/run/vol/dir/root", "--", "true");

        assertThat(refused.exitCode()).isEqualTo(125);
        assertThat(refused.err()).contains("ELOOP");
    }

    /** What jbox writes to is no other file than was written: the console's log, its own log, a pid file. */
    @ParameterizedTest
    @ValueSource(strings = {"console: {logfile: /run/vol/dir/to/log}", "log: {file: /run/vol/dir/to/log}", "pid", "-o"})
    void nothingIsWrittenByWayOfALinkOfSomebodyElse(String what) {
        Wires.sh("mkdir -m 777 /run/vol/dir; ln -s /run/vol /run/vol/dir/to; ln -s secret /run/vol/log");
        boolean option = what.equals("pid") || what.equals("-o");
        String file = Boxes.define("victim", Boxes.idle(), option ? "group: [x]" : what);

        Result refused = option
                ? TestHost.jbox("start", what.equals("pid") ? "-p" : "-o", "/run/vol/dir/to/log", file)
                : TestHost.jbox("start", file);

        assertThat(refused.exitCode()).isEqualTo(125);
        assertThat(refused.err()).contains("ELOOP").contains("write the path it leads to");
        assertThat(Wires.sh("cat /run/vol/secret")).isEqualTo("precious\n");
    }
}
