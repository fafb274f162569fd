package io.jbox.cli;

import io.jbox.terminal.SignalReader;
import java.util.List;
import java.util.Set;

/**
 * Lets a command that is ended by a signal undo an unfinished change: its thread is interrupted, and has a moment. The
 * JVM itself handles no signals (-Xrs): other commands end at once.
 */
final class Interruption {
    private static final Set<String> CHANGING = Set.of("create", "destroy", "start", "restart", "autostart", "run");
    private static final long PATIENCE_MILLIS = 5000;
    /** HUP, INT, QUIT and TERM. */
    private static final List<Integer> SIGNALS = List.of(1, 2, 3, 15);

    private static final int BY_SIGNAL = 128;

    private static volatile int received;

    private Interruption() {}

    /** Ends the JVM. */
    interface Halt {
        void with(int code);
    }

    /**
     * Handles the signals from now on, if the command changes anything.
     *
     * @param halt ends the JVM with an exit code
     */
    static void prepare(String command, Halt halt) {
        if (!CHANGING.contains(command)) {
            return;
        }
        Thread main = Thread.currentThread();
        SignalReader.start("jbox-interruption", SIGNALS, new SignalReader.Receiver() {
            @Override
            public void received(int number) {
                received = number;
                main.interrupt();
                end(main, number, halt);
            }
        });
    }

    private static void end(Thread main, int number, Halt halt) {
        try {
            main.join(PATIENCE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        halt.with(BY_SIGNAL + number);
    }

    /**
     * The exit code of a command: that of the signal that made it fail. A command that still finished has succeeded.
     */
    static int code(int code) {
        return code != 0 && received > 0 ? BY_SIGNAL + received : code;
    }
}
