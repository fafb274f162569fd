package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Launch;
import io.jbox.kernel.Fd;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.SimulatedKernel;
import io.jbox.launch.Effects;
import io.jbox.launch.Launcher;
import io.jbox.nic.Homecoming;
import io.jbox.nic.NicJournal;
import io.jbox.nic.NicRecovery;
import io.jbox.plan.Descriptors;
import io.jbox.plan.Planner;
import io.jbox.plan.TestNetwork;
import io.jbox.problem.JboxException;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import io.jbox.schema.TestConfigs;
import io.jbox.uapi.Errno;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An interface of the host's that moves into a box (type phys), on a kernel in memory: whatever fails, and whoever dies before
 * whatever call, it is in a network that exists, and what it was like is on the disk. It comes home with all that it had.
 */
class LentInterfaceSimulatorTest {
    private static final String HOME = "host: nic0 up, 1 addresses, 1 routes";

    @TempDir
    private Path folder;

    private int runs;

    /** One host, with a folder of its own for the journal. */
    private final class Host {
        private final SimulatedKernel kernel;
        private final Path state;
        private final NicJournal journal;
        private final NamespacePins pins;
        private final Plan plan;

        Host() {
            state = folder.resolve("host" + runs++);
            try {
                Files.createDirectories(state.resolve("test"));
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
            kernel = new SimulatedKernel().withFilesBelow(state).withHardware("nic0");
            journal = NicJournal.of(kernel, state.toString(), "test");
            pins = new NamespacePins(kernel, state + "/test");
            Config config = TestConfigs.of("""
                    rootfs: {path: /r}
                    net: [{type: phys, link: nic0, name: wan0, flags: up, ipv4: {address: 198.51.100.2/24}}]
                    """);
            plan = new Planner(
                            config,
                            facts(config),
                            Launch.monitored(true, new Launch.Supervision(state + "/test", false)))
                    .plan();
        }

        /** The failure; null where the box runs. */
        @Nullable
        JboxException start() {
            try {
                new Launcher(kernel)
                        .start(plan, false, new NoEffects())
                        .monitorPidfd()
                        .close();
                return null;
            } catch (JboxException e) {
                return e;
            }
        }

        /** What whoever ends the box, or finds it ended, does about its interface. */
        List<Homecoming> recover() {
            List<Homecoming> done = new ArrayList<>();
            if (journal.exists()) {
                try (NicRecovery recovery = new NicRecovery(kernel, journal, state + "/test/ns/net", false)) {
                    done.addAll(recovery.recover(null));
                }
            }
            if (!journal.exists()) {
                pins.release();
            }
            return done;
        }

        void assertNotLost(String what) {
            if (!kernel.hardware().equals(HOME)) {
                assertThat(journal.exists()).as(what + ": " + kernel.hardware()).isTrue();
                assertThat(journal.read())
                        .as(what)
                        .extracting(nic -> nic.name())
                        .containsExactly("nic0");
            }
        }

        void assertHome(String what) {
            assertThat(kernel.hardware()).as(what).isEqualTo(HOME);
            assertThat(journal.exists()).as(what).isFalse();
            assertThat(kernel.isPinned()).as(what).isFalse();
            assertThat(kernel.state()).as(what).noneMatch(line -> line.startsWith("descriptor"));
        }
    }

    private static HostFacts facts(Config config) {
        return HostFacts.of("x86_64", -1, 40, "/scripts")
                .existing(Set.of("/r"))
                .ids(List.of(IdMapping.range(100_000)))
                .network(TestNetwork.of(config.net()))
                .build();
    }

    /** Effects of others are none of this test's. */
    private static final class NoEffects implements Effects {
        @Override
        public void carryOut(Step step, Effect effect, Map<Descriptor, Fd> open, Processes made) {
            if (effect instanceof Effect.HoldTrees) {
                open.put(Descriptors.TREE_LOCKS, Fd.borrowed(NativeKernel.open(), -1));
            }
        }
    }

    @Test
    void movesInAndComesHomeWithAllThatItHad() {
        Host host = new Host();

        assertThat(host.start()).isNull();

        assertThat(host.kernel.hardware()).isEqualTo("box: wan0 up, 1 addresses, 0 routes");
        assertThat(host.kernel.isPinned()).isTrue();
        host.assertNotLost("while the box runs");

        // The box ends; its network is kept.
        host.kernel.another();
        assertThat(host.recover()).extracting(Homecoming::isWhole).containsExactly(true);
        host.assertHome("after the box");
    }

    @ParameterizedTest
    @ValueSource(ints = {Errno.EPERM, Errno.ENOSPC, Errno.EMFILE})
    void whateverCallFailsItComesHome(int errno) {
        Host well = new Host();
        assertThat(well.start()).isNull();
        for (int i = 0; i < well.kernel.made().size(); i++) {
            Host host = new Host();
            host.kernel.failing(i, errno);
            String what = "call " + i + ", " + well.kernel.made().get(i);
            JboxException failure = null;
            try {
                failure = host.start();
            } catch (IllegalStateException e) {
                // A thread that cannot leave another network must not go on: jbox ends.
                assertThat(e).hasMessageStartingWith("setns: cannot return");
            }
            what += ": " + failure;
            host.assertNotLost(what);

            host.kernel.another();
            host.recover();
            host.assertHome(what);
        }
    }

    @Test
    void whoeverKillsJboxItComesHome() {
        Host well = new Host();
        assertThat(well.start()).isNull();
        int away = 0;
        for (int i = 0; i <= well.kernel.made().size(); i++) {
            Host host = new Host();
            host.kernel.killingJboxAt(i);
            try {
                host.start();
            } catch (SimulatedKernel.Killed e) {
                host.assertNotLost("killed before call " + i);
            }
            away += host.kernel.hardware().startsWith("box") ? 1 : 0;
            host.kernel.another();
            host.recover();
            host.assertHome("killed before call " + i);
        }
        // Else this would say nothing.
        assertThat(away).isGreaterThan(5);
    }

    /** The next one takes it up. */
    @Test
    void whoeverKillsARecoveryItComesHome() {
        Host well = new Host();
        well.start();
        well.kernel.another();
        well.recover();
        for (int i = 0; i < well.kernel.made().size(); i++) {
            Host host = new Host();
            host.start();
            host.kernel.another();
            host.kernel.killingJboxAt(i);
            String what = "killed before call " + i + ", " + well.kernel.made().get(i);
            try {
                host.recover();
            } catch (SimulatedKernel.Killed e) {
                host.assertNotLost(what);
            }

            host.kernel.another();
            host.recover();
            host.assertHome(what);
        }
    }

    /** What cannot be as it was is told, once it is home; until then the next one tries again. */
    @Test
    void whateverFailsInARecoveryIsToldOrTriedAgain() {
        Host well = new Host();
        well.start();
        well.kernel.another();
        well.recover();
        for (int i = 0; i < well.kernel.made().size(); i++) {
            if (well.kernel.made().get(i).equals("umount2")) {
                // What is mounted cannot be deleted, but here it can.
                continue;
            }
            Host host = new Host();
            host.start();
            host.kernel.another();
            host.kernel.failing(i, Errno.EPERM);
            String what = "call " + i + ", " + well.kernel.made().get(i);
            List<Homecoming> first = List.of();
            try {
                first = host.recover();
            } catch (JboxException | IllegalStateException e) {
                what += ": " + e;
            }
            if (!host.journal.exists() && !host.kernel.hardware().equals(HOME)) {
                assertThat(host.kernel.hardware()).as(what).startsWith("host: nic0");
                assertThat(first).as(what).extracting(Homecoming::isWhole).containsExactly(false);
                continue;
            }

            host.kernel.another();
            host.recover();
            host.assertHome(what);
        }
    }
}
