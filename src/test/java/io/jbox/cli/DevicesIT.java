package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Which devices a box may use, by cgroups of either version. The boxes here have the host's root, may make nodes and open
 * them: nothing else stands in the way.
 */
class DevicesIT {
    private static final String UNIFIED = "unified";
    private static final String OLD = "v1";

    @BeforeAll
    static void host() {
        TestHost.require();
        Boxes.define(
                "open",
                "init: {cmd: [/bin/sleep, '1000']}",
                "idmap: none",
                "cap: {keep: [mknod, dac_override, chown, setuid, setgid]}",
                "mount: {entry: [\"t tmp tmpfs dev\"]}");
    }

    @AfterEach
    void stop() {
        TestHost.jbox("stop", "-k", "open");
        assertThat(Boxes.leftovers()).isEmpty();
    }

    @AfterAll
    static void clean() {
        Wires.sh("rm -f /run/boxes/open.yaml");
    }

    @Test
    void thousandRulesAreNotTooMany() {
        List<String> rules = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            rules.add("'c " + (200 + i) + ":" + i + " rwm'");
        }

        assertThat(usable("both", "cgroup.devices.allow=" + rules)).isEqualTo("zero");
        rules.add("'c 1:11 w'");
        assertThat(usable("both", "cgroup.devices.allow=" + rules)).isEqualTo("zero kmsg");
    }

    /** Which of zero, kmsg and tun a box's root can write to with nodes of its own. */
    private static String usable(String version, String... settings) {
        String script = "cd /tmp; mknod zero c 1 5 && mknod kmsg c 1 11 && mknod tun c 10 200 || exit 9;"
                + " for node in zero kmsg tun; do (: > $node) 2>/dev/null && echo -n \"$node \"; done; echo";
        List<String> command = new ArrayList<>(List.of("run", "-f", "/run/boxes/open.yaml"));
        for (String setting : settings) {
            command.addAll(List.of("-s", setting));
        }
        command.addAll(List.of("--", "sh", "-c", script));
        Result result = TestHost.run(onVersion(version, command), Map.of());
        assertThat(result.err()).isEmpty();
        return result.out().trim();
    }

    /** Where there is no version 2, as on a host that has not come so far. */
    private static List<String> onVersion(String version, List<String> command) {
        List<String> words = TestHost.command(command.toArray(new String[0]));
        if (version.equals(UNIFIED)) {
            assumeTrue(!Wires.sh("grep ' - cgroup2 ' /proc/self/mountinfo || :").isEmpty(), "no version 2");
            return words;
        }
        assumeTrue(Wires.sh("grep ',devices$' /proc/self/mountinfo || :").contains(" cgroup "), "no version 1");
        List<String> hidden = new ArrayList<>(List.of(
                "unshare",
                "-m",
                "sh",
                "-c",
                "umount $(awk '$3 == \"cgroup2\" { print $2 }' /proc/mounts) 2>/dev/null; exec \"$@\"",
                "sh"));
        hidden.addAll(words);
        return hidden;
    }

    static Stream<Arguments> policies() {
        return Stream.of(UNIFIED, OLD)
                .flatMap(version -> Stream.of(
                        Arguments.of(version, "zero", new String[] {}),
                        Arguments.of(version, "zero kmsg", new String[] {"cgroup.devices.allow=[c 1:11 w]"}),
                        Arguments.of(version, "zero", new String[] {"cgroup.devices.allow=[c 1:11 r]"}),
                        Arguments.of(
                                version, "zero kmsg", new String[] {"cgroup.devices.allow=[b *:* rwm, \"c *:11 rw\"]"}),
                        Arguments.of(version, "zero tun", new String[] {"cgroup.devices.allow=[c 10:* w, c 1:11 r]"}),
                        Arguments.of(version, "kmsg", new String[] {
                            "cgroup.devices.allow=[c 1:11 rw]", "cgroup.devices.deny=[c 1:5 rw]"
                        })));
    }

    @ParameterizedTest
    @MethodSource("policies")
    void onlyWhatIsAllowed(String version, String expected, String[] settings) {
        assertThat(usable(version, settings)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {UNIFIED, OLD})
    void withAllAllowedTheAttackWorks(String version) {
        assertThat(usable(version, "cgroup.devices.allow=[a]")).isEqualTo("zero kmsg tun");
    }

    /** It would deny nothing there. */
    @Test
    void whatVersion1CannotTakeBackIsRefused() {
        List<String> command =
                List.of("run", "-f", "/run/boxes/open.yaml", "-s", "cgroup.devices.deny=[c 1:* rw]", "--", "true");

        Result result = TestHost.run(onVersion(OLD, command), Map.of());

        assertThat(result.exitCode()).isEqualTo(125);
        assertThat(result.err()).contains("\"c 1:* rw\": cgroups of version 1 cannot take that from \"c 1:3 rwm\"");
    }

    @Test
    void whatIsDeniedIsEvenWhereAllIsAllowed() {
        assertThat(usable(UNIFIED, "cgroup.devices.allow=[a]", "cgroup.devices.deny=[\"c 10:* w\"]"))
                .isEqualTo("zero kmsg");
    }

    @Test
    void commandsThatJoinHaveTheSame() {
        Boxes.jbox("start", "/run/boxes/open.yaml");

        Result result = TestHost.jbox(
                "exec", "open", "--", "sh", "-c", "mknod /tmp/k c 1 11; (: > /tmp/k) 2>&1; (: > /dev/null) && echo ok");

        assertThat(result.out()).contains("Operation not permitted").endsWith("ok\n");
    }

    @Test
    void aRuleThatIsNoneHasItsLine() {
        Result result = TestHost.jbox("plan", "-f", "/run/boxes/open.yaml", "-s", "cgroup.devices.allow=[c 1:x rw]");

        assertThat(result.exitCode()).isEqualTo(125);
        assertThat(result.err()).contains("\"c 1:x rw\" is not a device rule such as \"c 1:3 rwm\"");
    }
}
