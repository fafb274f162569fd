package io.jbox.cli;

import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.File;
import java.io.IOException;
import java.util.List;

/** Has what is owed to boxes done by a process of its own, which nobody waits for. */
final class DetachedTidyUp implements Runnable {
    private final Surroundings surroundings;
    /** Once in a command is enough. */
    private static boolean begun;

    DetachedTidyUp(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public void run() {
        synchronized (DetachedTidyUp.class) {
            if (begun) {
                return;
            }
            begun = true;
        }
        File nothing = new File("/dev/null");
        try {
            // The shell ends at once: what it leaves behind is no child of whoever has called us.
            new ProcessBuilder(List.of(
                            "/bin/sh",
                            "-c",
                            "\"$1\" tidy-up </dev/null >/dev/null 2>&1 &",
                            "sh",
                            surroundings.home() + "/bin/jbox"))
                    .redirectInput(nothing)
                    .redirectErrorStream(true)
                    .redirectOutput(nothing)
                    .start()
                    .waitFor();
            new StandardError(surroundings.err()).tell("tidying up, in the background, after a jbox that was killed");
        } catch (IOException e) {
            throw new JboxException("jbox tidy-up: " + SystemError.of(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
