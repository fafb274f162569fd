package io.jbox.cli;

import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.SignalPipe;
import io.jbox.kernel.Syscall;
import io.jbox.terminal.Terminal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Passes the signals that this process gets on to somebody else, and its terminal's size to another terminal. */
final class SignalRelay {
    private static final int WINCH = 28;
    private static final int FIRST_REAL_TIME = 34;
    private static final int LAST = 64;
    /**
     * HUP, INT, QUIT, TRAP, ABRT, USR1, USR2, ALRM, TERM, STKFLT, CONT, TSTP, URG, XCPU, VTALRM, PROF, IO, PWR and SYS: all that
     * somebody may mean for the program, but for those that the JVM itself lives by, and those that tell of our children and of our
     * terminal in the background.
     */
    private static final List<Integer> FORWARDED =
            List.of(1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 14, 15, 16, 18, 20, 23, 24, 26, 27, 29, 30, 31);

    /** HUP, INT, QUIT and TERM. */
    static final Set<Integer> ENDING = Set.of(1, 2, 3, 15);

    private static final long PATIENCE_MILLIS = 1000;
    /** Before the number of a signal in the exit code of who has ended by it. */
    static final int SIGNALLED = 128;

    private final @Nullable Terminal terminal;
    private final Set<Integer> asked = new HashSet<>();
    private final List<Integer> early = new ArrayList<>();
    private Map<Integer, Integer> instead = Map.of();
    private int second;
    private @Nullable Target target;
    private int master = -1;
    private boolean impatient;

    /** Who gets the signals. */
    interface Target {
        void signal(int number);
    }

    /** @param terminal of this process whose size is passed on; null for none */
    SignalRelay(@Nullable Terminal terminal) {
        this.terminal = terminal;
    }

    /**
     * From now on signals are kept for the target.
     *
     * @param signals what it gets for the first signal to us, by number; where it is not there, the signal itself, always
     * @param newSecond what it gets for a second one of those
     */
    void forward(Map<Integer, Integer> signals, int newSecond) {
        instead = Map.copyOf(signals);
        second = newSecond;
        List<Integer> numbers = new ArrayList<>(FORWARDED);
        if (terminal == null) {
            // Without a terminal it tells of no size, but asks Apache to stop, say.
            numbers.add(WINCH);
        }
        for (int number = FIRST_REAL_TIME; number <= LAST; number++) {
            numbers.add(number);
        }
        take(numbers);
    }

    /**
     * A signal that is to end a target which is not there ends this process soon, and what it has begun with it: in a box
     * that runs others can keep a command from ever beginning.
     */
    void doNotWait() {
        impatient = true;
    }

    /** From now on the other terminal gets this one's size. */
    void resizeOnChange() {
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
        SignalPipe pipe = SignalPipe.open(NativeKernel.open(), all);
        Thread reader = new Thread("jbox-signals") {
            @Override
            public void run() {
                for (int number = pipe.next(); number > 0; number = pipe.next()) {
                    if (number == WINCH && terminal != null) {
                        resize();
                    } else {
                        deliver(number);
                    }
                }
            }
        };
        reader.setDaemon(true);
        reader.start();
    }

    /**
     * The target is there; signals that came while it was being made reach it now.
     *
     * @param otherMaster the host's end of its terminal; -1 for none
     */
    synchronized void begin(Target newTarget, int otherMaster) {
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
                NativeKernel.open().call(Syscall.EXIT_GROUP, SIGNALLED + number);
            }
        }
    }

    private synchronized void resize() {
        if (terminal != null && master >= 0) {
            terminal.copySizeTo(master);
        }
    }
}
