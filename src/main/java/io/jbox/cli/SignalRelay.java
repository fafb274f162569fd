package io.jbox.cli;

import io.jbox.box.Terminal;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/** Passes the signals that this process gets on to somebody else, and its terminal's size to another terminal. */
final class SignalRelay {
    /** Those that a JVM lets a program handle; QUIT, USR1, KILL and STOP are not among them. */
    private static final List<String> FORWARDED = List.of("HUP", "INT", "TERM", "USR2");

    private final @Nullable Terminal terminal;
    private @Nullable Target target;
    private int master = -1;
    private int early;

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
     * @param signals what it gets for the first signal to us, by name; where it is not there, the signal itself, always
     * @param second what it gets for a second signal
     */
    void forward(Map<String, Integer> signals, int second) {
        for (String name : FORWARDED) {
            Signal signal = new Signal(name);
            boolean asks = signals.containsKey(name);
            int first = signals.getOrDefault(name, signal.getNumber());
            Signal.handle(signal, new Forwarder(first, asks ? second : first));
        }
        resizeOnChange();
    }

    /** From now on the other terminal gets this one's size. */
    void resizeOnChange() {
        if (terminal != null) {
            Signal.handle(new Signal("WINCH"), new Resizer());
        }
    }

    /**
     * The target is there; a signal that came while it was being made reaches it now.
     *
     * @param otherMaster the host's end of its terminal; -1 for none
     */
    synchronized void begin(Target newTarget, int otherMaster) {
        target = newTarget;
        master = otherMaster;
        if (early != 0) {
            newTarget.signal(early);
        }
        resize();
    }

    private synchronized void deliver(int number) {
        if (target == null) {
            early = number;
        } else {
            target.signal(number);
        }
    }

    private synchronized void resize() {
        if (terminal != null && master >= 0) {
            terminal.copySizeTo(master);
        }
    }

    /** Sends the target a signal for one that we got. */
    private final class Forwarder implements SignalHandler {
        private final int first;
        private final int second;
        private boolean asked;

        Forwarder(int first, int second) {
            this.first = first;
            this.second = second;
        }

        @Override
        public void handle(Signal signal) {
            deliver(asked ? second : first);
            asked = true;
        }
    }

    /** Gives the target's terminal the new size of ours. */
    private final class Resizer implements SignalHandler {
        @Override
        public void handle(Signal signal) {
            resize();
        }
    }
}
