package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Completion as somebody has it who types: in shells with a terminal. */
class CompletionIT {
    @BeforeAll
    static void host() {
        TestHost.require();
    }

    /** What a shell shows when these lines are typed, each a second after the one before. */
    private static String typed(String shell, String... lines) throws IOException {
        StringBuilder typing = new StringBuilder("sleep 1");
        for (int i = 0; i < lines.length; i++) {
            Path file = Files.writeString(Path.of("/run/typed" + i), lines[i] + "\n");
            typing.append("; cat ").append(file).append("; sleep 2");
        }
        return TestHost.run(
                        List.of("sh", "-c", "(" + typing + "; echo exit) | script -qec '" + shell + "' /dev/null"),
                        Map.of("TERM", "dumb", "PATH", "/run/project/bin:" + System.getenv("PATH"), "JBOX_TRACE", ""))
                .out()
                .replace("\r", "");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "bash --norc -i; source <(jbox completion bash)",
                "zsh -f -i; autoload -U compinit && compinit -D -u && source <(jbox completion zsh)",
                "fish --no-config -i; jbox completion fish | source",
            })
    void aTabIsTheRestOfTheWord(String shell, String begin) throws IOException {
        String shown = typed(
                shell,
                begin,
                "jbox vers\t",
                "jbox config keys net.0.vl\t",
                "jbox plan bbox-em\t-s name=typed | grep sethostname");

        assertThat(shown)
                .containsPattern("\njbox [0-9]+\\.[0-9]+\\.[0-9]+")
                .contains("in LXC: lxc.net.N.vlan.id", "sethostname(");
    }

    @Test
    void statesAndInterfacesAreKnown() {
        Boxes.jbox("start", Boxes.define("seen", Boxes.idle()));
        Boxes.jbox("freeze", "seen");
        try {
            assertThat(candidates("exec", "")).contains("seen\tFROZEN");
            assertThat(candidates("unfreeze", "")).containsExactly("seen\tFROZEN");
            Wires.sh("ip link add far9 type veth peer name nic9");
            assertThat(candidates("net", "move", "n")).containsExactly("nic9");
            assertThat(candidates("net", "move", "nic9", "")).containsExactly("seen\tFROZEN");
            assertThat(candidates("start", "-s", "net.0.link=ni")).containsExactly("net.0.link=nic9");
        } finally {
            TestHost.run(List.of("ip", "link", "del", "nic9"), Map.of());
            Boxes.jbox("stop", "-k", "seen");
        }
    }

    /** Their own boxes, not root's. */
    @Test
    void othersHaveTheirOwn() throws IOException {
        Path home = Files.createDirectories(Path.of("/run/completing"));
        Wires.sh("mkdir -p " + home + "/.local/share/jbox/mine && echo 'name: mine' >" + home
                + "/.local/share/jbox/mine/config.yaml && chown -R 65534 " + home);
        List<String> user = List.of(
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                "--inh-caps=-all",
                "env",
                "HOME=" + home,
                "XDG_RUNTIME_DIR=",
                "bin/jbox",
                "complete",
                "--",
                "info",
                "");

        assertThat(TestHost.run(user, Map.of()).out()).isEqualTo("mine\n");
    }

    private static List<String> candidates(String... words) {
        String[] command = new String[words.length + 2];
        command[0] = "complete";
        command[1] = "--";
        System.arraycopy(words, 0, command, 2, words.length);
        return Boxes.jbox(command).out().lines().toList();
    }
}
