package io.jbox.cli;

import static io.jbox.testhost.Wires.sh;
import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A box knows its own name, and what its root file system says of names stays as it is. */
class NamesIT {
    private static final Path ETC = Path.of(TestHost.ROOTFS, "etc");

    @BeforeAll
    static void host() {
        TestHost.require();
    }

    @AfterEach
    void nothingIsLeft() {
        Boxes.await("leftovers " + Boxes.leftovers(), () -> Boxes.leftovers().isEmpty());
    }

    private static String run(String file, String script) {
        return Boxes.jbox("run", "-f", file, "--", "sh", "-c", script).out();
    }

    @Test
    void aBoxFindsItsOwnName() throws IOException {
        String hosts = Files.readString(ETC.resolve("hosts"));
        String file = Boxes.define("named", "uts: {name: web.example.org}");

        assertThat(run(file, "hostname; hostname -f; cat /etc/hostname; ping -c 1 -W 1 web 2>&1 | head -1"))
                .startsWith("web.example.org\nweb.example.org\nweb.example.org\n")
                .doesNotContain("bad address");
        assertThat(run(file, "cat /etc/hosts")).contains(hosts.strip()).contains("web.example.org web");
        assertThat(ETC.resolve("hosts")).hasContent(hosts);
        assertThat(sh("cat " + ETC + "/hostname")).isBlank();
    }

    /** Who shares a root file system is somebody else; what people have written there stays. */
    @Test
    void theNameOfAnotherBoxDoesNotLeadHere() throws IOException {
        Path root = Path.of("/run/shared-root");
        sh("rm -rf " + root + " && cp -a " + TestHost.ROOTFS + " " + root + " && printf '127.0.0.1\\tlocalhost\\n"
                + "127.0.1.1\\tother\\n127.0.1.1\\tother.example.org other\\n127.0.1.1\\tdb www\\n10.0.0.1 far' >"
                + root
                + "/etc/hosts");
        Path file = Path.of("/run/shared.yaml");
        Files.writeString(file, "name: shared\nrootfs: {path: " + root + "}\nuts: {name: web}\n");

        assertThat(run(file.toString(), "cat /etc/hosts"))
                .isEqualTo("127.0.0.1\tlocalhost\n127.0.1.1\tdb www\n10.0.0.1 far\n127.0.1.1\tweb\n");
    }

    @Test
    void whatTheBoxIsGivenIsItsOwnToWrite() throws IOException {
        String hosts = Files.readString(ETC.resolve("hosts"));
        String file = Boxes.define("named", "uts: {name: web}");

        assertThat(run(file, "echo 10.0.0.1 db >>/etc/hosts && tail -1 /etc/hosts"))
                .isEqualTo("10.0.0.1 db\n");
        assertThat(ETC.resolve("hosts")).hasContent(hosts);
    }

    /** A link there could lead anywhere: names are not worth that, and nothing outside is touched. */
    @Test
    void linksLeadNowhere() throws IOException {
        Path root = Path.of("/run/linked-root");
        sh("rm -rf " + root + " && cp -a " + TestHost.ROOTFS + " " + root + " && ln -sf /run/victim " + root
                + "/etc/hosts && ln -sf ../../../../run/victim " + root + "/etc/hostname && echo safe >/run/victim");
        Path file = Path.of("/run/linked.yaml");
        Files.writeString(file, "name: linked\nrootfs: {path: " + root + "}\nuts: {name: web}\n");

        run(file.toString(), "cat /etc/hosts /etc/hostname; true");

        assertThat(Path.of("/run/victim")).hasContent("safe\n");
        assertThat(sh("readlink " + root + "/etc/hosts")).isEqualTo("/run/victim\n");
    }

    /** What a start has written goes with it, and nothing else does, whatever the box has made of the folder. */
    @Test
    void aStartThatFailsLeavesNoNames() throws IOException {
        Path upper = Path.of("/run/names/upper");
        Path file = Path.of("/run/failing.yaml");
        Path victim = Path.of("/run/victim-folder");
        Files.createDirectories(victim);
        for (String hook : new String[] {"false", "sh -c \"rm -rf /etc; ln -s " + victim + " /etc; false\""}) {
            Files.writeString(victim.resolve("hosts"), "safe\n");
            Files.writeString(
                    file,
                    "name: failing\nrootfs: {path: 'overlay:" + TestHost.ROOTFS + ":" + upper
                            + "'}\nuts: {name: web}\nhook: {start: ['" + hook + "']}\n");

            assertThat(TestHost.jbox("start", file.toString()).err()).contains("hook start");
            assertThat(victim.resolve("hosts")).hasContent("safe\n");
            assertThat(Files.isDirectory(upper)).isEqualTo(hook.contains("victim"));
            sh("rm -rf /run/names");
        }
    }
}
