package io.jbox.cli;

import io.jbox.problem.ChangedException;
import java.util.function.Supplier;

/** Does something again where another command was faster. */
final class Meanwhile {
    private static final int MOST = 10;
    private static final long PAUSE_MILLIS = 100;

    private Meanwhile() {}

    /** @throws ChangedException if it is still so after a second: then it is no command that is about to end */
    static <T> T again(Supplier<T> action) {
        for (int others = 0; ; others++) {
            try {
                return action.get();
            } catch (ChangedException e) {
                if (others == MOST) {
                    throw e;
                }
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
