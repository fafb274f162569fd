package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code jbox start -F}: every example comes up, and goes down when it is told to. */
class StartIT {
    @BeforeAll
    static void host() {
        TestHost.require();
    }

    @ParameterizedTest
    @ValueSource(strings = {"bbox-empty", "readonly", "overlay"})
    void aWholeSystemComesUpAndHalts(String name) throws IOException, InterruptedException {
        Process process =
                TestHost.builder(TestHost.command("start", "-F", name)).start();
        try (OutputStream in = process.getOutputStream();
                BufferedReader out = process.inputReader()) {
            in.write("echo pid $$ of $(hostname) has $(cat /proc/1/comm) as 1\n".getBytes(StandardCharsets.UTF_8));
            in.flush();
            assertThat(readUntil(out, "has init as 1")).contains("of " + name);
            process.toHandle().destroy();
            readUntil(out, "Requesting system halt");
        }
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        assertThat(TestHost.processes("syslogd")).isEmpty();
    }

    @Test
    void anOverlayKeepsTheSharedLayerAsItWas() throws IOException {
        Result result = TestHost.jbox("run", "overlay", "--", "sh", "-c", "echo mine >/etc/hostname; rm /etc/hosts");

        assertThat(result.exitCode()).isZero();
        assertThat(Path.of(TestHost.ROOTFS, "etc/hostname")).hasContent("");
        assertThat(Path.of(TestHost.ROOTFS, "etc/hosts")).exists();
        assertThat(Path.of("/var/lib/jbox/overlay/rootfs/etc/hostname")).hasContent("mine\n");
        assertThat((int) Files.getAttribute(Path.of("/var/lib/jbox/overlay"), "unix:mode") & 0777)
                .isEqualTo(0700);
    }

    @Test
    void twoBoxesNeverWriteToOneOverlay() throws IOException, InterruptedException {
        Process first = TestHost.builder(TestHost.command("run", "overlay", "--", "sh", "-c", "echo up; sleep 5"))
                .start();
        try (BufferedReader out = first.inputReader()) {
            readUntil(out, "up");
            for (String[] second :
                    List.of(new String[] {"run", "overlay", "--", "true"}, new String[] {"start", "overlay"})) {
                Result refused = TestHost.jbox(second);
                assertThat(refused.exitCode()).isEqualTo(125);
                assertThat(refused.err())
                        .contains("lock the overlay's upper folder")
                        .contains("hint: another box runs on this upper folder");
            }
        }
        first.toHandle().destroyForcibly();
        first.waitFor(10, TimeUnit.SECONDS);
    }

    @Test
    void oneCommandIsAnInitToo() {
        Result result = TestHost.process("start", "-F", "sandbox");

        assertThat(result.exitCode()).isZero();
        assertThat(result.out()).isEqualTo("uid=65534(nobody) gid=65534(nogroup)\r\n");
    }

    @Test
    void theExitCodeIsInits() {
        assertThat(TestHost.process("start", "-F", "sandbox", "-s", "init.cmd=[/bin/sh, -c, exit 9]")
                        .exitCode())
                .isEqualTo(9);
        assertThat(TestHost.process(
                                "start", "-F", "bbox-empty", "-s", "init.cmd=[/bin/sh, -c, \"kill -9 $PPID; exit 4\"]")
                        .exitCode())
                .isEqualTo(4);
    }

    @Test
    void aSecondSignalEndsABoxThatDoesNotHalt() throws IOException, InterruptedException {
        Process process = TestHost.builder(TestHost.command(
                        "start",
                        "-F",
                        "bbox-empty",
                        "-s",
                        "init.cmd=[/bin/sh, -c, \"echo up; while :; do sleep 1; done\"]"))
                .start();
        try (BufferedReader out = process.inputReader()) {
            readUntil(out, "up");
            process.toHandle().destroy();
            assertThat(process.waitFor(300, TimeUnit.MILLISECONDS)).isFalse();
            process.toHandle().destroy();
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(process.exitValue()).isEqualTo(137);
    }

    @Test
    void anInitThatCannotBeExecutedHasTheCodesOfARun() {
        assertThat(TestHost.process("start", "-F", "bbox-empty", "-s", "init.cmd=/no/such")
                        .exitCode())
                .isEqualTo(127);
        assertThat(TestHost.process("start", "-F", "bbox-empty", "-s", "init.cmd=/etc/passwd")
                        .exitCode())
                .isEqualTo(126);
    }

    @Test
    void configCheckRefusesWhatStartDoes() throws IOException {
        Path yaml = Files.createTempFile("veth", ".yaml");
        Files.writeString(yaml, "name: b\nrootfs: {path: /r}\nnet: [{type: veth, link: nope}]\n");

        Result result = TestHost.jbox("config", "check", yaml.toString());

        assertThat(result.exitCode()).isEqualTo(125);
        assertThat(result.err()).startsWith("jbox: net: link nope: there is no such interface\n  " + yaml + ":3:26");
    }

    @Test
    void makesTheRootFileSystemOnFirstUse() {
        Result result = TestHost.run(
                TestHost.command("run", "-P", "/var/lib/jbox/elsewhere", "bbox-empty", "--", "cat", "/etc/hostname"),
                Map.of());

        assertThat(result.out()).isEqualTo("bbox-empty\n");
        TestHost.run(List.of("rm", "-rf", "/var/lib/jbox/elsewhere"), Map.of());
    }

    @Test
    void planAndConfigNeedNoPrivilege() {
        List<String> nobody =
                List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/nonexistent");
        List<String> command = new java.util.ArrayList<>(nobody);
        command.addAll(TestHost.command("plan", "--json", "-P", "/var/lib/jbox", "bbox-empty"));

        Result result = TestHost.run(command, Map.of());

        assertThat(result.err()).isEmpty();
        assertThat(result.out())
                .startsWith("{\n  \"box\": \"bbox-empty\",\n  \"steps\": [")
                .contains("\"notation\": \"clone3(");
    }

    @Test
    void logsWhatItDoes() throws IOException {
        Path log = Files.createTempFile("log", null);

        TestHost.jbox("run", "-l", "trace", "-o", log.toString(), "bbox-empty", "--", "true");

        assertThat(Files.readString(log))
                .contains("INIT: enter the root file system")
                .contains("pivot_root(")
                .contains("ended");
    }

    @Test
    void checkTellsOfThisHost() {
        Result result = TestHost.jbox("check");

        assertThat(result.exitCode()).as(result.out()).isZero();
        assertThat(result.out())
                .contains("namespaces\n  ok      mnt: there\n")
                .contains("ok      mount_setattr: there");
    }

    /** In a folder where somebody else can put another file in its place, no look at a file is worth anything. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            chown 4242 .                    | its folder belongs to another user
            chown 4242 .; chmod 1755 .      | its folder belongs to another user
            chmod 777 .                     | anybody can write to its folder
            chmod 777 found.yaml            | anybody can write to it
            chown 4242 found.yaml           | belongs to another user
            mv found.yaml x; ln -s x found.yaml | is a symbolic link
            chmod 1777 .                    | -
            chmod 775 . found.yaml          | -
            """)
    void aNameMeansNoFileThatOthersCanReplace(String change, String reason) {
        String folder = "/run/foreign-folder";
        Wires.sh("rm -rf " + folder + "; mkdir -m 755 " + folder + "; cd " + folder
                + "; echo 'rootfs: {path: /r}' >found.yaml; chmod 644 found.yaml; " + change);

        String said = Wires.sh(
                "jbox=$PWD/bin/jbox; cd " + folder + "; $jbox plan found 2>&1; $jbox plan" + " found.yaml 2>&1 || :");

        if (reason.equals("-")) {
            assertThat(said).doesNotContain("./found.yaml:");
        } else {
            assertThat(said).contains("./found.yaml: " + reason).contains("give its name with the ending");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bash", "zsh", "fish"})
    void completionIsAScriptOfThatShell(String shell) throws IOException {
        Path script = Files.createTempFile("completion", "." + shell);
        Files.writeString(script, TestHost.jbox("completion", shell).out());

        assertThat(script).content().contains("complete", "jbox");
        if (Files.isExecutable(Path.of("/usr/bin", shell)) || Files.isExecutable(Path.of("/bin", shell))) {
            Result result = TestHost.run(List.of(shell, "-n", script.toString()), Map.of());
            assertThat(result.exitCode()).as(result.err()).isZero();
        }
    }

    private static String readUntil(BufferedReader out, String text) throws IOException {
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.contains(text) && !line.contains("$")) {
                return line;
            }
        }
        throw new AssertionError("no \"" + text + "\"");
    }
}
