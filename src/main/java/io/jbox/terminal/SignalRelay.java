package io.jbox.terminal;

import io.jbox.kernel.Fd;
import io.jbox.kernel.NativeKernel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Forwards the signals that this process gets to a target, and the size of its terminal to another terminal. */
public final class SignalRelay {
    private static final int WINCH = 28;
    private static final int FIRST_REAL_TIME = 34;
    private static final int LAST = 64;
    /**
     * HUP, INT, QUIT, TRAP, ABRT, USR1, USR2, ALRM, TERM, STKFLT, CONT, TSTP, URG, XCPU, VTALRM, PROF, IO, PWR and SYS:
     * all that may be meant for the program, except those that the JVM needs, and those about jbox's children and its
     * terminal in the background.
     */
    private static final List<Integer> FORWARDED =
            List.of(1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 14, 15, 16, 18, 20, 23, 24, 26, 27, 29, 30, 31);

    /** HUP, INT, QUIT and TERM. */
    static final Set<Integer> ENDING = Set.of(1, 2, 3, 15);

    private static final long PATIENCE_MILLIS = 1000;
    /** Added to a signal number in the exit code of a process that it has ended. */
    static final int SIGNALLED = 128;

    private final @Nullable Terminal terminal;
    private final Set<Integer> asked = new HashSet<>();
    private final List<Integer> early = new ArrayList<>();
    private Map<Integer, Integer> instead = Map.of();
    private int second;
    private @Nullable Target target;
    private int master = -1;
    private boolean impatient;

    /** The receiver of the signals. */
    public interface Target {
        void signal(int number);
    }

    /** @param terminal of this process whose size is copied; null for none */
    public SignalRelay(@Nullable Terminal terminal) {
        this.terminal = terminal;
    }

    /**
     * Starts to keep signals for the target.
     *
     * @param signals what the target gets for the first signal to jbox, by number; for others always the signal itself
     * @param newSecond what it gets for a second one of those
     */
    public void forward(Map<Integer, Integer> signals, int newSecond) {
        instead = Map.copyOf(signals);
        second = newSecond;
        List<Integer> numbers = new ArrayList<>(FORWARDED);
        if (terminal == null) {
            // Without a terminal it is not about a size; it tells Apache to stop, for example.
            numbers.add(WINCH);
        }
        for (int number = FIRST_REAL_TIME; number <= LAST; number++) {
            numbers.add(number);
        }
        take(numbers);
    }

    /**
     * From now on, a signal that would end a target that does not exist yet soon ends this process, and what it has
     * started: a box with other commands may keep this command from ever starting.
     */
    void doNotWait() {
        impatient = true;
    }

    /** Starts copying this terminal's size to the other one. */
    public void resizeOnChange() {
        take(List.of());
    }

    private void take(List<Integer> numbers) {
        List<Integer> all = new ArrayList<>(numbers);
        if (terminal != null) {
            all.add(WINCH);
        }
        if (all.isEmpty()) {
            return;
        }
        SignalReader.start("jbox-signals", all, new SignalReader.Receiver() {
            @Override
            public void received(int number) {
                if (number == WINCH && terminal != null) {
                    resize();
                } else {
                    deliver(number);
                }
            }
        });
    }

    /**
     * Sets the target; signals that came while it was being made reach it now.
     *
     * @param otherMaster the host's end of its terminal; -1 for none
     */
    public synchronized void begin(Target newTarget, int otherMaster) {
        target = newTarget;
        master = otherMaster;
        for (int number : early) {
            newTarget.signal(number);
        }
        early.clear();
        resize();
    }

    private synchronized void deliver(int number) {
        boolean again = instead.containsKey(number) && !asked.add(number);
        int sent = again ? second : instead.getOrDefault(number, number);
        if (target != null) {
            target.signal(sent);
        } else if (!early.contains(sent)) {
            early.add(sent);
            if (impatient && ENDING.contains(number)) {
                Thread ends = new Thread("jbox-ends") {
                    @Override
                    public void run() {
                        endWithoutTarget(number);
                    }
                };
                ends.setDaemon(true);
                ends.start();
            }
        }
    }

    private void endWithoutTarget(int number) {
        try {
            Thread.sleep(PATIENCE_MILLIS);
        } catch (InterruptedException e) {
            return;
        }
        synchronized (this) {
            if (target == null) {
                System.err.println("jbox: ended by a signal before the command ran");
                SignalReader.endProcess(SIGNALLED + number);
            }
        }
    }

    private synchronized void resize() {
        if (terminal != null && master >= 0) {
            terminal.copySizeTo(Fd.borrowed(NativeKernel.open(), master));
        }
    }
}
