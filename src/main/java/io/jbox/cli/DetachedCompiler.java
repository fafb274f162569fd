package io.jbox.cli;

import io.jbox.life.BoxCompiler;
import java.io.File;
import java.io.IOException;
import java.util.List;

/** Compiles a box that has been used, in a detached process that says nothing. */
final class DetachedCompiler {
    /** A program that is there has given up, because something has changed: it is made anew, but not again and again. */
    private static final long PAUSE_MILLIS = 5_000;
    /** One that is not there could not be made, or nobody has tried. */
    private static final long LONG_PAUSE_MILLIS = 600_000;

    private final BoxCompiler compiler;

    DetachedCompiler(BoxCompiler compiler) {
        this.compiler = compiler;
    }

    /** @param command that has used the box */
    void compile(String box, String command) {
        if (compiler.sinceTried(command, box) < (compiler.has(command, box) ? PAUSE_MILLIS : LONG_PAUSE_MILLIS)) {
            return;
        }
        compiler.used(command, box);
        File nothing = new File("/dev/null");
        try {
            // The shell exits at once, so that the process it leaves behind is not a child of jbox's caller.
            new ProcessBuilder(List.of(
                            "/bin/sh",
                            "-c",
                            "\"$1\" compile --used \"$2\" </dev/null >/dev/null 2>&1 &",
                            "sh",
                            compiler.launcher(),
                            box))
                    .redirectInput(nothing)
                    .redirectErrorStream(true)
                    .redirectOutput(nothing)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            // The command has done its work; without a program the next one takes its time.
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
