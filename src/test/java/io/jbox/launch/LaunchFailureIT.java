package io.jbox.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.Jbox;
import io.jbox.facts.Launch;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.PathCalls;
import io.jbox.kernel.Pidfd;
import io.jbox.number.Pid;
import io.jbox.plan.Descriptors;
import io.jbox.plan.FaultyPlans;
import io.jbox.problem.JboxException;
import io.jbox.program.Actor;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import io.jbox.request.ExecRequest;
import io.jbox.request.Settings;
import io.jbox.state.FileLock;
import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import io.jbox.uapi.Constants;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
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

    /** A root file system and a folder whose owners jbox maps itself. */
    private static final String[] MAPPED = {
        "rootfs.path=" + TestHost.ROOTFS, "tty.max=1", "mount.entry=/srv srv none bind,idmap=container"
    };

    private static final String FOLDER = "/run/jbox/failing";
    private static final Kernel KERNEL = NativeKernel.open();

    private final Launcher launcher = new Launcher(KERNEL);

    @BeforeAll
    static void host() throws IOException {
        TestHost.require();
        Files.createDirectories(Path.of(FOLDER));
        Files.createDirectories(Path.of("/srv"));
        Boxes.jbox("start", Boxes.define("joined", Boxes.idle()));
    }

    /** One of the three ways to make a process in a box. */
    private enum Way {
        LAUNCHER {
            @Override
            Plan plan() {
                return TestHost.plan("examples/configs/bbox-empty.yaml", Launch.init(), CONFIG);
            }

            @Override
            void launch(Plan plan) {
                new Launcher(KERNEL).launch(plan, Effects.NONE).close();
            }
        },
        MONITOR {
            @Override
            Plan plan() {
                Launch launch = Launch.monitored(true, new Launch.Supervision(FOLDER, false));
                return TestHost.plan("examples/configs/bbox-empty.yaml", launch, MAPPED);
            }

            @Override
            void launch(Plan plan) {
                new Launcher(KERNEL).start(plan, false, new NoEffects());
            }
        },
        JOINER {
            @Override
            Plan plan() {
                try (Jbox jbox = new Jbox(Settings.ofRoot(System.getProperty("user.dir")))) {
                    return jbox.box("joined").plan(ExecRequest.piped("true"));
                }
            }

            @Override
            void launch(Plan plan) {
                int init = Integer.parseInt(Boxes.jbox("pid", "joined").out().trim());
                new Launcher(KERNEL).join(plan, new FindsOnly(init)).close();
            }
        };

        abstract Plan plan();

        abstract void launch(Plan plan);

        /** The steps that are taken before a launch returns: not what a monitor or joiner does afterwards. */
        List<Integer> steps(Plan plan) {
            List<Integer> steps = new ArrayList<>();
            boolean made = false;
            for (int i = 0; i < plan.steps().size(); i++) {
                Step step = plan.steps().get(i);
                boolean late = made && plan.steps(Phase.LIVE).contains(step);
                made |= step.forks() && plan.steps(Phase.LIVE).contains(step);
                boolean attends = plan.steps(Phase.ATTEND).contains(step)
                        || plan.steps(Phase.END).contains(step);
                if (!late
                        && !attends
                        && !plan.steps(Phase.BEGIN).contains(step)
                        && !plan.steps(Phase.CLAIM).contains(step)) {
                    steps.add(i);
                }
            }
            return steps;
        }
    }

    /** Finds the box, and does nothing else. */
    private record FindsOnly(int init) implements Effects {
        @Override
        public void carryOut(Step step, Effect effect, Map<Descriptor, Fd> open, Processes made) {
            if (effect instanceof Effect.FindBox) {
                open.put(Descriptors.TARGET, Objects.requireNonNull(Pidfd.find(KERNEL, new Pid(init))));
                open.put(
                        Descriptors.TARGET_ROOT,
                        Objects.requireNonNull(PathCalls.find(KERNEL, "/proc/" + init + "/root", Constants.O_PATH)));
            }
        }
    }

    /** Whoever holds trees gives a descriptor; all else is nobody's here. */
    private static final class NoEffects implements Effects {
        @Override
        public void carryOut(Step step, Effect effect, Map<Descriptor, Fd> open, Processes made) {
            if (effect instanceof Effect.HoldTrees) {
                open.put(Descriptors.TREE_LOCKS, FileLock.open(KERNEL, FOLDER + "/locks"));
            }
        }
    }

    /** What jbox has on the host: also the cgroups and processes of boxes. */
    private static List<String> state() {
        List<String> state = new ArrayList<>(TestHost.state());
        state.addAll(Boxes.leftovers());
        return state;
    }

    static Stream<Arguments> steps() {
        return Stream.of(Way.values()).flatMap(way -> {
            Plan plan = way.plan();
            return way.steps(plan).stream()
                    .map(index ->
                            Arguments.of(way, index, plan.steps().get(index).subject()));
        });
    }

    @AfterAll
    static void end() {
        TestHost.jbox("stop", "-k", "joined");
    }

    @ParameterizedTest(name = "{0}: {2}")
    @MethodSource("steps")
    void aFailureAtAnyStepUndoesEveryStepBeforeIt(Way way, int index, String subject) {
        Plan plan = way.plan();
        List<String> before = state();

        assertThatThrownBy(() -> way.launch(FaultyPlans.failingAt(plan, index)))
                .isInstanceOf(JboxException.class)
                .hasMessageStartingWith(plan.box() + ": " + subject + ": ")
                .hasMessageMatching(
                        ".*: (fchdir: Bad file descriptor \\(EBADF\\)|clone3: Invalid argument \\(EINVAL\\))(?s).*");

        assertThat(state()).isEqualTo(before);
    }

    @ParameterizedTest
    @EnumSource
    void withoutAFailureItRuns(Way way) {
        way.launch(way.plan());
        TestHost.processes("monitor of bbox-empty").forEach(line -> kill(line.split(" ")[0]));
    }

    /** Who maps ids and owners is among them. */
    @Test
    void theStepsThatFailAreAllThatThereAre() {
        assertThat(Way.MONITOR.plan().steps())
                .extracting(Step::subject)
                .contains(
                        "write the uid_map",
                        "write the gid_map",
                        "map the root file system's owners",
                        "map the owners of \"/srv\"");
        assertThat(Way.JOINER.plan().steps())
                .extracting(Step::subject)
                .contains("join the box's namespaces", "let the command continue");
    }

    private static void kill(String pid) {
        ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroyForcibly);
        Boxes.await("its end", () -> TestHost.processes("monitor of bbox-empty").isEmpty());
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

        Boxes.awaitState(before);
    }

    @Test
    void noStepMakesAProcessDumpableThatHasOurMemory() {
        for (Call call : Way.LAUNCHER.plan().steps(Actor.INIT).stream()
                .flatMap(step -> step.calls().stream())
                .toList()) {
            assertThat(call.notation()).doesNotContain("PR_SET_DUMPABLE, 1");
        }
    }
}
