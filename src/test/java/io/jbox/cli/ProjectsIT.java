package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.DebianArchive;
import io.jbox.testhost.OciImage;
import io.jbox.testhost.TarBuilder;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.IOException;
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

/** The examples that need an archive or a registry, which a test has none of: packages of the names that they have. */
class ProjectsIT {
    private static final Path FOLDER = Path.of("/run/projects");
    private static DebianArchive archive;

    @BeforeAll
    static void host() throws IOException {
        TestHost.require();
        archive = new DebianArchive(
                FOLDER,
                "git",
                "python3",
                "python3-venv",
                "gcc",
                "libc6-dev",
                "make",
                "openjdk-17-jdk-headless",
                "maven",
                "systemd-sysv",
                "systemd-resolved",
                "dbus",
                "login",
                "iproute2",
                "iputils-ping",
                "sudo",
                // Of the variant minbase.
                "apt");
        Wires.sh("cp -r examples/projects examples/configs " + FOLDER + "; chmod 700 " + FOLDER);
        Wires.sh("sed -i 's/suite: bookworm,/suite: " + DebianArchive.SUITE
                + ", variant: essential,/; s/suite: bookworm$/suite: "
                + DebianArchive.SUITE + "\\n    variant: essential/' $(find " + FOLDER + "/projects " + FOLDER
                + "/configs -name '*.yaml')");
    }

    @AfterAll
    static void end() {
        Boxes.await("leftovers " + Boxes.leftovers(), () -> Boxes.leftovers().isEmpty());
        TestHost.jbox("net", "down");
        // Boxes first: a tree stays as long as one lies over it.
        Wires.sh(
                "rm -rf /var/lib/jbox/dev-* /var/lib/jbox/debian /var/lib/jbox/machine /var/lib/jbox/alpine /var/lib/jbox/.projects; bin/jbox store gc -a");
        assertThat(Wires.sh("ls /var/lib/jbox/.store/trees")).isEmpty();
        Wires.sh("rm -rf /var/lib/jbox/.store");
        archive.close();
    }

    private static String in(Path folder, String... words) {
        List<String> command =
                new ArrayList<>(List.of("sh", "-c", "b=$PWD/$1; cd $0; shift; exec $b \"$@\"", folder.toString()));
        command.addAll(TestHost.command(words));
        Result result = TestHost.run(command, Map.of());
        assertThat(result.exitCode()).as(result.err()).isZero();
        return result.out();
    }

    @ParameterizedTest
    @CsvSource({"python, python3, greeting.py", "c, make, Makefile", "java, maven, pom.xml"})
    void aProjectIsWorkedOn(String name, String tool, String file) {
        Path project = FOLDER.resolve("projects").resolve(name);

        assertThat(in(project, "dev", "--", tool, "all")).isEqualTo(tool + " of a test: all\n");
        assertThat(in(project, "dev", "--", "sh", "-c", "ls " + file + " && echo made >made"))
                .isEqualTo(file + "\n");

        assertThat(project.resolve("made")).hasContent("made");
        in(project, "dev", "--stop");
    }

    /** The example, and what the template stands for. */
    @ParameterizedTest
    @ValueSource(strings = {"debian", "machine"})
    void systemdRunsWithoutAFailedUnit(String name) throws IOException {
        assumeTrue(
                Files.exists(Path.of("/sbin/init")) && Files.exists(Path.of("/lib/systemd/systemd")),
                "this host has no systemd to make a package of");
        Files.writeString(
                FOLDER.resolve("configs/machine.yaml"),
                "rootfs: {template: debian}\nnet: [{type: veth, link: jboxbr0, flags: up}]\n");
        in(FOLDER, "start", FOLDER + "/configs/" + name + ".yaml");

        Boxes.await(
                "systemd does not run",
                () -> TestHost.jbox("exec", name, "--", "systemctl", "is-system-running")
                        .out()
                        .matches("running\n|degraded\n"));
        assertThat(in(FOLDER, "exec", name, "--", "systemctl", "--failed", "--no-legend", "--plain"))
                .isEmpty();
        assertThat(in(FOLDER, "exec", name, "--", "cat", "/proc/1/comm")).isEqualTo("systemd\n");
        in(FOLDER, "stop", name);
    }

    @Test
    void anImageIsRun() {
        String image = new OciImage()
                .layer(TarBuilder.busybox().file("etc/alpine-release", "3.20.3\n"))
                .settings("{\"Cmd\": [\"/bin/sh\"]}")
                .write(FOLDER.resolve("image"));

        assertThat(in(
                        FOLDER,
                        "run",
                        "-s",
                        "rootfs.image=" + image,
                        FOLDER + "/configs/alpine.yaml",
                        "--",
                        "cat",
                        "/etc/alpine-release"))
                .isEqualTo("3.20.3\n");
    }
}
