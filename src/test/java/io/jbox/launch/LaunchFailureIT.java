package io.jbox.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.facts.Launch;
import io.jbox.kernel.NativeKernel;
import io.jbox.plan.FaultyPlans;
import io.jbox.problem.JboxException;
import io.jbox.program.Actor;
import io.jbox.program.Call;
import io.jbox.program.Plan;
import io.jbox.testhost.TestHost;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A launch that fails at any step leaves the machine as it was, and says which step it was. */
class LaunchFailureIT {
    private static final String[] CONFIG = {
        "rootfs.path=overlay:" + TestHost.ROOTFS + ":/var/lib/jbox/failing/upper",
        "prlimit.core=0",
        "no_new_privs=1",
        "sysctl={net.ipv4.ip_forward: 1}",
        "tty.max=1",
        "mount.entry=tmpfs srv tmpfs size=1m",
        "init.uid=1000"
    };

    private final Launcher launcher = new Launcher(NativeKernel.open());

    @BeforeAll
    static void host() {
        TestHost.require();
    }

    private static Plan plan() {
        return TestHost.plan("examples/configs/bbox-empty.yaml", Launch.init(), CONFIG);
    }

    static IntStream steps() {
        TestHost.require();
        return IntStream.range(0, plan().steps().size());
    }

    @ParameterizedTest
    @MethodSource("steps")
    void aFailureAtAnyStepUndoesEveryStepBeforeIt(int index) {
        Plan plan = plan();
        List<String> before = TestHost.state();

        assertThatThrownBy(() -> launcher.launch(FaultyPlans.failingAt(plan, index), Effects.NONE))
                .isInstanceOf(JboxException.class)
                .hasMessageStartingWith("bbox-empty: " + plan.steps().get(index).subject() + ": ")
                .hasMessageMatching(
                        ".*: (fchdir: Bad file descriptor \\(EBADF\\)|clone3: Invalid argument \\(EINVAL\\))(?s).*");

        assertThat(TestHost.state()).isEqualTo(before);
    }

    @Test
    void aMissingInitNamesTheLineAndIsUndone() {
        List<String> before = TestHost.state();
        Plan plan = TestHost.plan("examples/configs/bbox-empty.yaml", Launch.init(), "init.cmd=/no/such");

        assertThatThrownBy(() -> launcher.launch(plan, Effects.NONE)).isInstanceOfSatisfying(JboxException.class, e -> {
            assertThat(e).hasMessage("bbox-empty: execute \"/no/such\": execve: No such file or directory (ENOENT)");
            assertThat(e.problems().get(0).place()).hasToString("command line:1:10");
            assertThat(e.problems().get(0).hint()).contains("the box has no \"/no/such\"");
        });

        assertThat(TestHost.state()).isEqualTo(before);
    }

    @Test
    void noStepMakesAProcessDumpableThatHasOurMemory() {
        for (Call call : plan().steps(Actor.INIT).stream()
                .flatMap(step -> step.calls().stream())
                .toList()) {
            assertThat(call.notation()).doesNotContain("PR_SET_DUMPABLE, 1");
        }
    }
}
