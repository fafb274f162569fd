package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.number.Pid;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import io.jbox.state.ProcessId;
import io.jbox.state.Records;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Every record, with everybody in it dead or alive, against a model that is written in words. */
class JudgeTest {
    private static final ProcessId MONITOR = new ProcessId(new Pid(100), 1);
    private static final ProcessId INIT = new ProcessId(new Pid(101), 2);
    private static final ProcessId STOPPER = new ProcessId(new Pid(102), 3);

    /** Of each process: not there, dead, or alive. */
    private enum Fate {
        UNKNOWN,
        DEAD,
        ALIVE;

        @Nullable
        ProcessId of(ProcessId process) {
            return this == UNKNOWN ? null : process;
        }
    }

    record Case(BoxState recorded, Fate monitor, Fate init, Fate stopper, boolean frozen, boolean thisBoot) {}

    static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (BoxState state : BoxState.values()) {
            for (Fate monitor : Fate.values()) {
                for (Fate init : Fate.values()) {
                    for (Fate stopper : Fate.values()) {
                        for (int bits = 0; bits < 4; bits++) {
                            cases.add(new Case(state, monitor, init, stopper, (bits & 1) != 0, (bits & 2) != 0));
                        }
                    }
                }
            }
        }
        return cases;
    }

    private static BoxState model(Case one) {
        if (!one.thisBoot) {
            return BoxState.STOPPED; // nothing outlives the kernel
        }
        if (one.monitor == Fate.UNKNOWN) {
            return BoxState.STARTING; // nobody was made yet that could have died
        }
        if (one.monitor == Fate.DEAD) {
            return BoxState.STOPPED; // the first process dies with it
        }
        if (one.init != Fate.ALIVE) {
            return one.recorded == BoxState.ABORTING ? BoxState.ABORTING : BoxState.STOPPING;
        }
        return switch (one.recorded) {
            case STOPPING -> one.stopper == Fate.ALIVE ? BoxState.STOPPING : frozenOr(one);
            case RUNNING, FROZEN -> frozenOr(one);
            default -> one.recorded;
        };
    }

    private static BoxState frozenOr(Case one) {
        return one.frozen ? BoxState.FROZEN : BoxState.RUNNING;
    }

    @Test
    void saysWhatTheModelSays() {
        List<Case> cases = cases();
        assertThat(cases).hasSizeGreaterThan(500);
        for (Case one : cases) {
            assertThat(judge(one)).as(one.toString()).isEqualTo(model(one));
        }
    }

    /** Whoever stops a box ends after it: however late one looks, it never seems to run again. */
    @Test
    void aBoxThatEndsWhileItIsJudgedDoesNotRun() {
        BoxRecord record = Records.of(BoxState.STOPPING, MONITOR, INIT, STOPPER);
        List<ProcessId> ends = List.of(INIT, STOPPER, MONITOR);
        for (int dead = 0; dead <= ends.size(); dead++) {
            for (int late = 0; late <= 3; late++) {
                List<ProcessId> alive = new ArrayList<>(ends.subList(dead, ends.size()));
                int[] looks = {late};
                BoxState state = Judge.of(record, record.boot(), new Judge.Witness() {
                    @Override
                    public boolean isAlive(ProcessId process) {
                        boolean lives = alive.contains(process);
                        if (looks[0]-- == 0) {
                            alive.clear();
                        }
                        return lives;
                    }

                    @Override
                    public boolean isFrozen() {
                        return false;
                    }
                });
                assertThat(state).as(dead + ", " + late).isIn(BoxState.STOPPING, BoxState.STOPPED);
            }
        }
    }

    /** What is true of a case. */
    private record Seen(List<ProcessId> alive, boolean isFrozen) implements Judge.Witness {
        @Override
        public boolean isAlive(ProcessId process) {
            return alive.contains(process);
        }
    }

    private static BoxState judge(Case one) {
        BoxRecord record =
                Records.of(one.recorded, one.monitor.of(MONITOR), one.init.of(INIT), one.stopper.of(STOPPER));
        List<ProcessId> alive = new ArrayList<>();
        if (one.monitor == Fate.ALIVE) {
            alive.add(MONITOR);
        }
        if (one.init == Fate.ALIVE) {
            alive.add(INIT);
        }
        if (one.stopper == Fate.ALIVE) {
            alive.add(STOPPER);
        }
        String boot = one.thisBoot ? record.boot() : "another";

        return Judge.of(record, boot, new Seen(alive, one.frozen));
    }
}
