package io.jbox.launch;

import static io.jbox.uapi.Flag.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Join;
import io.jbox.facts.Launch;
import io.jbox.facts.NetworkFacts;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.SimulatedKernel;
import io.jbox.number.HostUid;
import io.jbox.plan.Descriptors;
import io.jbox.plan.JoinPlanner;
import io.jbox.plan.Planner;
import io.jbox.plan.TestNetwork;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.program.Arg;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.ForegroundEffect;
import io.jbox.program.NetworkEffect;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import io.jbox.schema.TestConfigs;
import io.jbox.uapi.Errno;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** jbox's own part of launches, on a kernel in memory: each of its calls and effects fails in turn. */
class LaunchSimulatorTest {
    private static final String LOST = "lost in another network";

    /** Calls that are made for no other reason than that a step says so. */
    private static final Set<String> ALWAYS_PLANNED =
            Set.of("openat2", "open_tree", "pipe2", "clone3", "mkdirat", "mount_setattr", "flock", "bpf", "sendto");

    private static final Set<String> INTERRUPTED = Set.of("openat", "openat2", "read", "write", "flock", "wait4");

    private static HostFacts facts(Config config) {
        return HostFacts.of("x86_64", -1, 40, "/scripts")
                .existing(Set.of("/r"))
                .hierarchies(
                        List.of(new HostFacts.Hierarchy("/sys/fs/cgroup", true, List.of("cpu", "memory", "pids"))), "")
                .ids(List.of(IdMapping.range(100_000)))
                .network(config.net().isEmpty() ? NetworkFacts.NONE : TestNetwork.of(config.net()))
                .build();
    }

    /** Without rights over the host: its programs write the maps of ids, and carry the network. */
    private static HostFacts asOrdinaryUser(HostFacts root) {
        return new HostFacts.Builder(root)
                .capabilities(0)
                .hierarchies(List.of(), "")
                .ids(List.of(
                        new IdMapping('u', 0, 1000, 1),
                        new IdMapping('u', 1, 100_000, 65_535),
                        new IdMapping('g', 0, 100, 1)))
                .build();
    }

    private enum Kind {
        START,
        RUN,
        EXEC
    }

    /** A way to launch something. */
    private record Case(String name, Plan plan, Kind kind) {
        SimulatedKernel kernel() {
            SimulatedKernel kernel = new SimulatedKernel();
            return plan.steps(Phase.SET_UP).isEmpty() ? kernel : kernel.sayingThatItIsSetUp();
        }

        /** On success the state that is to stay: what the caller has then. */
        void launch(SimulatedKernel kernel, Recorder recorder) {
            switch (kind) {
                case START -> {
                    MonitoredBox box = new Launcher(kernel).start(plan, false, recorder);
                    box.monitorPidfd().close();
                }
                case RUN -> new Launcher(kernel).launch(plan, recorder).close();
                case EXEC -> new Launcher(kernel).join(plan, recorder).close();
            }
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /** Effects that are only written down; one of them may fail. */
    private static final class Recorder implements Effects {
        private final SimulatedKernel kernel;
        private final int failAt;
        private final List<String> done = new ArrayList<>();
        /** The record is the last to go: it is what the next command finds if this one is killed. */
        private final List<String> leftWhenSettled = new ArrayList<>();

        Recorder(SimulatedKernel kernel, int failAt) {
            this.kernel = kernel;
            this.failAt = failAt;
        }

        @Override
        public void carryOut(Step step, Effect effect, Map<Descriptor, Fd> open, Processes made) {
            if (done.size() == failAt) {
                throw new JboxException(step.subject() + ": as it was told");
            }
            done.add(effect.notation());
            if (effect instanceof Effect.WriteRecord writing
                    && writing.recorded() != Effect.WriteRecord.Recorded.BEGUN) {
                assertThat(made.child()).isEqualTo(SimulatedKernel.CHILD);
                assertThat(made.main()).isGreaterThan(made.child());
            }
            if (effect instanceof Effect.Settle) {
                leftWhenSettled.addAll(kernel.state());
            }
            if (effect instanceof Effect.HoldTrees) {
                open.put(Descriptors.TREE_LOCKS, Fd.of(kernel, kernel.give()));
            }
            Arg.Pair pair = effect instanceof Effect.FindBox find
                    ? find.init()
                    : effect instanceof Effect.OpenTerminal opening ? opening.ends() : null;
            if (pair != null) {
                open.put(pair.first(), Fd.of(kernel, kernel.give()));
                open.put(pair.second(), Fd.of(kernel, kernel.give()));
            }
        }

        @Override
        public void execute(
                Kernel hosts, String box, Step step, Effect.HostProgram effect, Map<Descriptor, Fd> open, int init) {
            carryOut(step, effect, open, new Processes(SimulatedKernel.CHILD, init));
            if (effect.result() != null) {
                // It stays, and is known by a pidfd.
                open.put(effect.result(), Fd.of(kernel, kernel.give()));
            }
        }
    }

    static Stream<Case> cases() {
        List<Case> cases = new ArrayList<>();
        Map<String, String> configs = Map.of(
                "plain", "rootfs: {path: /r}\n",
                "overlay", "rootfs: {path: 'overlay:/r:/up/layer'}\n",
                "hooks", "rootfs: {path: /r}\nhook: {start-host: [/x], mount: [/y], stop: [/z]}\n",
                "binds", "rootfs: {path: /r}\nmount: {entry: [/a b none bind, '/c d none bind,idmap=container']}\n",
                "host-ids", "rootfs: {path: /r}\nidmap: none\n",
                "terminals", "rootfs: {path: /r}\ntty: {max: 2}\nlimits: {memory: 64M, pids: 9}\n",
                "veth",
                        "rootfs: {path: /r}\nnet: [{type: veth, link: lan0, flags: up, ipv4: {address: 10.0.4.2/24, gateway:"
                                + " 10.0.4.1}}]\n",
                "macvlan", "rootfs: {path: /r}\nnet: [{type: macvlan, link: nic0, flags: up}]\n",
                "user", "rootfs: {path: /r}\nnet: [{type: user}]\n");
        for (Map.Entry<String, String> entry : configs.entrySet()) {
            Config config = TestConfigs.of(entry.getValue());
            HostFacts facts = facts(config);
            List<Launch.Stream> streams = List.of(Launch.Stream.PIPE, Launch.Stream.PIPE, Launch.Stream.PIPE);
            cases.add(new Case(
                    "start " + entry.getKey(),
                    new Planner(config, facts, Launch.monitored(true, new Launch.Supervision("/run/jbox/test", false)))
                            .plan(),
                    Kind.START));
            cases.add(new Case(
                    "run " + entry.getKey(),
                    new Planner(config, facts, new Launch(List.of("true"), streams, List.of(), null)).plan(),
                    Kind.RUN));
        }
        Config own = TestConfigs.of("rootfs: {path: 'overlay:/r:/up/layer'}\nnet: [{type: user, mtu: 1500}]\n");
        cases.add(new Case(
                "start as an ordinary user",
                new Planner(
                                own,
                                asOrdinaryUser(facts(own)),
                                Launch.monitored(true, new Launch.Supervision("/run/user/1000/jbox/test", false)))
                        .plan(),
                Kind.START));
        HostFacts host = facts(TestConfigs.of("rootfs: {path: /r}\n"));
        for (Launch.Stream output : List.of(Launch.Stream.PIPE, Launch.Stream.CONSOLE)) {
            Join join = join(List.of(output, output, Launch.Stream.SAME));
            cases.add(new Case("exec " + output, new JoinPlanner(join, host).plan(), Kind.EXEC));
        }
        return cases.stream();
    }

    private static Join join(List<Launch.Stream> streams) {
        return new Join(
                "test",
                new Join.Limits(Map.of(), Map.of()),
                new Join.Cgroups(
                        List.of("/sys/fs/cgroup/pids/jbox/test/tasks"), List.of("/sys/fs/cgroup/unified/jbox/test")),
                List.of(CLONE_NEWPID, CLONE_NEWNS, CLONE_NEWUSER),
                new Join.Confinement(0, true, false, null, List.of()),
                new Join.User(0, 0, new HostUid(100_000), List.of()),
                new Join.Command(List.of("true"), List.of("PATH=/bin"), "/", true),
                streams);
    }

    /** What a launch that went well leaves to the box: its folders, and with a monitor the processes. */
    private static List<String> wellDone(Case launch, List<String> calls) {
        SimulatedKernel kernel = launch.kernel();
        launch.launch(kernel, new Recorder(kernel, -1));
        calls.addAll(kernel.made());
        return kernel.state();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void whateverCallFailsNothingIsLeft(Case launch) {
        List<String> calls = new ArrayList<>();
        List<String> done = wellDone(launch, calls);
        assertThat(done).noneMatch(line -> line.startsWith("descriptor"));
        for (int errno : new int[] {Errno.ENOSPC, Errno.EPERM, Errno.EMFILE}) {
            for (int i = 0; i < calls.size(); i++) {
                SimulatedKernel kernel = launch.kernel().failing(i, errno);
                Recorder recorder = new Recorder(kernel, -1);
                JboxException failure = failure(launch, kernel, recorder);
                String what = launch + ": call " + i + ", " + calls.get(i) + ", errno " + errno;
                if (failure != null && LOST.equals(failure.getMessage())) {
                    continue;
                }
                if (failure == null) {
                    // A call that may fail: what it would have made is not there, and nothing else.
                    assertThat(done).as(what).containsAll(kernel.state());
                    continue;
                }
                assertThat(kernel.state())
                        .as(what + ": " + failure.getMessage())
                        .isEmpty();
                assertThat(recorder.leftWhenSettled).as(what).isEmpty();
                assertUndoneInOrder(kernel.history(), what);
                assertThat(failure.problems().get(0).place())
                        .as(what + ": " + failure.getMessage())
                        .isEqualTo(
                                placeOf(launch.plan, failure.problems().get(0).message()));
                assertThat(failure.getMessage()).as(what).doesNotContain("bug in jbox");
                if (ALWAYS_PLANNED.contains(calls.get(i))) {
                    assertThat(failure.getMessage())
                            .as(what)
                            .startsWith("test: ")
                            .contains(Errno.name(errno));
                }
            }
        }
    }

    /** The last that was made goes first. */
    private static void assertUndoneInOrder(List<String> history, String what) {
        List<String> made = new ArrayList<>();
        List<String> gone = new ArrayList<>();
        for (String entry : history) {
            (entry.startsWith("+") ? made : gone).add(entry.substring(1));
        }
        Collections.reverse(made);
        assertThat(gone).as(what).isEqualTo(made);
    }

    /** The part of the configuration that asked for the step that a message names; null where none did. */
    private static @Nullable Place placeOf(Plan plan, String message) {
        for (Step step : plan.steps()) {
            if (!step.place().isDefault() && message.startsWith("test: " + step.subject() + ": ")) {
                return step.place();
            }
        }
        return null;
    }

    /** Signals interrupt calls that may wait (signal(7)). What was interrupted is made once more. */
    @ParameterizedTest
    @MethodSource("cases")
    void anInterruptedCallIsMadeOnceMore(Case launch) {
        List<String> calls = new ArrayList<>();
        List<String> done = wellDone(launch, calls);
        assertThat(calls).containsAnyElementsOf(INTERRUPTED);
        for (int i = 0; i < calls.size(); i++) {
            if (!INTERRUPTED.contains(calls.get(i))) {
                continue;
            }
            SimulatedKernel kernel = launch.kernel().failing(i, Errno.EINTR);
            JboxException failure = failure(launch, kernel, new Recorder(kernel, -1));
            assertThat(failure).as(launch + ": call " + i + ", " + calls.get(i)).isNull();
            assertThat(kernel.state()).isEqualTo(done);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void whateverEffectFailsNothingIsLeft(Case launch) {
        SimulatedKernel well = launch.kernel();
        Recorder recorder = new Recorder(well, -1);
        launch.launch(well, recorder);
        for (int i = 0; i < recorder.done.size(); i++) {
            SimulatedKernel kernel = launch.kernel();
            JboxException failure = failure(launch, kernel, new Recorder(kernel, i));
            assertThat(failure).as(launch + ": " + recorder.done.get(i)).isNotNull();
            assertThat(failure).hasMessageEndingWith("as it was told");
            assertThat(kernel.state()).as(recorder.done.get(i)).isEmpty();
        }
        // Those of the plan, in its order.
        List<String> planned = new ArrayList<>();
        for (Phase phase : Phase.values()) {
            // What has been claimed is done before the plan is made.
            for (Step step : phase == Phase.CLAIM ? List.<Step>of() : launch.plan.steps(phase)) {
                // These are the launcher's own, and calls, which fail one by one above.
                step.effects().stream()
                        .filter(effect -> !(effect instanceof NetworkEffect.Journal
                                || effect instanceof NetworkEffect.JournalMove
                                || effect instanceof NetworkEffect.RouteSocket
                                || effect instanceof Effect.Assemble))
                        // Those are of whoever stays in the foreground afterwards.
                        .filter(effect -> !(effect instanceof ForegroundEffect))
                        .forEach(effect -> planned.add(effect.notation()));
            }
        }
        assertThat(recorder.done).isEqualTo(planned);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aChildThatSomebodyKillsLeavesNothing(Case launch) {
        SimulatedKernel kernel = launch.kernel().killingTheChild();

        JboxException failure = failure(launch, kernel, new Recorder(kernel, -1));

        if (launch.kind == Kind.RUN && failure == null) {
            // Killed at any later moment it would look the same: its status tells the caller.
            assertThat(kernel.state()).noneMatch(line -> line.startsWith("process"));
            return;
        }
        assertThat(failure).isNotNull();
        assertThat(failure).hasMessageContaining("killed");
        assertThat(kernel.state()).isEmpty();
    }

    private static @Nullable JboxException failure(Case launch, SimulatedKernel kernel, Recorder recorder) {
        try {
            launch.launch(kernel, recorder);
            return null;
        } catch (JboxException e) {
            return e;
        } catch (IllegalStateException e) {
            // A thread that cannot leave another network must not go on, whatever is left.
            assertThat(e).hasMessageStartingWith("setns: cannot return");
            return new JboxException(LOST);
        }
    }
}
