package io.jbox.cli;

import java.util.Set;

/**
 * A signal that ends the JVM in the middle of a change lets the command undo what it has made first: it is interrupted as a
 * thread, and has a moment.
 */
final class Interruption {
    private static final Set<String> CHANGING = Set.of("create", "destroy", "start", "restart", "autostart", "run");
    private static final long PATIENCE_MILLIS = 5000;

    private Interruption() {}

    /** From now on, if the command is one that changes something. */
    static void prepare(String command) {
        if (CHANGING.contains(command)) {
            Thread main = Thread.currentThread();
            Runtime.getRuntime().addShutdownHook(new Thread(new Runnable() {
                @Override
                public void run() {
                    main.interrupt();
                    try {
                        main.join(PATIENCE_MILLIS);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }
            }));
        }
    }
}
