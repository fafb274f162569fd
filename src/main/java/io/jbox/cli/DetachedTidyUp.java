package io.jbox.cli;

import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;

/** Cleans up boxes in a detached process that nothing waits for. */
final class DetachedTidyUp implements Runnable {
    private final String home;
    private final PrintStream err;
    /** Whether it has been started; once per command is enough. */
    private boolean begun;

    /** @param home the folder that jbox is installed in */
    DetachedTidyUp(String home, PrintStream err) {
        this.home = home;
        this.err = err;
    }

    @Override
    public void run() {
        synchronized (this) {
            if (begun) {
                return;
            }
            begun = true;
        }
        File nothing = new File("/dev/null");
        try {
            // The shell exits at once, so that the process it leaves behind is not a child of jbox's caller.
            new ProcessBuilder(List.of(
                            "/bin/sh", "-c", "\"$1\" tidy-up </dev/null >/dev/null 2>&1 &", "sh", home + "/bin/jbox"))
                    .redirectInput(nothing)
                    .redirectErrorStream(true)
                    .redirectOutput(nothing)
                    .start()
                    .waitFor();
            new StandardError(err).tell("cleaning up, in the background, after a jbox that was killed");
        } catch (IOException e) {
            throw new JboxException("jbox tidy-up: " + SystemError.of(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
