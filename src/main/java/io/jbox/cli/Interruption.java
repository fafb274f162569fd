package io.jbox.cli;

import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.SignalPipe;
import java.util.List;
import java.util.Set;
import java.util.function.IntConsumer;

/**
 * A signal that ends a command in the middle of a change lets it undo what it has made first: it is interrupted as a thread,
 * and has a moment. The JVM itself handles none (-Xrs): other commands end at once.
 */
final class Interruption {
    private static final Set<String> CHANGING = Set.of("create", "destroy", "start", "restart", "autostart", "run");
    private static final long PATIENCE_MILLIS = 5000;
    /** HUP, INT, QUIT and TERM. */
    private static final List<Integer> SIGNALS = List.of(1, 2, 3, 15);

    private static final int BY_SIGNAL = 128;

    private static volatile int received;

    private Interruption() {}

    /**
     * From now on, if the command is one that changes something.
     *
     * @param halt ends the JVM with a code
     */
    static void prepare(String command, IntConsumer halt) {
        if (!CHANGING.contains(command)) {
            return;
        }
        Thread main = Thread.currentThread();
        SignalPipe pipe = SignalPipe.open(NativeKernel.open(), SIGNALS);
        Thread reader = new Thread("jbox-interruption") {
            @Override
            public void run() {
                int number = pipe.next();
                if (number > 0) {
                    received = number;
                    main.interrupt();
                    end(main, number, halt);
                }
            }
        };
        reader.setDaemon(true);
        reader.start();
    }

    private static void end(Thread main, int number, IntConsumer halt) {
        try {
            main.join(PATIENCE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        halt.accept(BY_SIGNAL + number);
    }

    /** The exit code of a command: that of the signal that it has failed by. One that was done all the same has succeeded. */
    static int code(int code) {
        return code != 0 && received > 0 ? BY_SIGNAL + received : code;
    }
}
