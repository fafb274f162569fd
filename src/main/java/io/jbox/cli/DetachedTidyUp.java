package io.jbox.cli;

import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;

/** Has what is owed to boxes done by a process of its own, which nobody waits for. */
final class DetachedTidyUp implements Runnable {
    private final String home;
    private final PrintStream err;
    /** Once in a command is enough. */
    private static boolean begun;

    /** @param home the folder that jbox is installed in */
    DetachedTidyUp(String home, PrintStream err) {
        this.home = home;
        this.err = err;
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
                            "/bin/sh", "-c", "\"$1\" tidy-up </dev/null >/dev/null 2>&1 &", "sh", home + "/bin/jbox"))
                    .redirectInput(nothing)
                    .redirectErrorStream(true)
                    .redirectOutput(nothing)
                    .start()
                    .waitFor();
            new StandardError(err).tell("tidying up, in the background, after a jbox that was killed");
        } catch (IOException e) {
            throw new JboxException("jbox tidy-up: " + SystemError.of(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
