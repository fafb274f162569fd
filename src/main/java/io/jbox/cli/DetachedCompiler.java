package io.jbox.cli;

import io.jbox.facts.Launch;
import io.jbox.life.BoxCompiler;
import io.jbox.life.OptionWords;
import io.jbox.problem.JboxException;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Compiles a box that has been used, in a detached process that says nothing. */
final class DetachedCompiler {
    private final BoxCompiler compiler;

    DetachedCompiler(BoxCompiler compiler) {
        this.compiler = compiler;
    }

    /**
     * @param command that has used the box
     * @param streams what its standard descriptors became
     */
    void compile(String box, String command, List<Launch.Stream> streams) {
        if (isToCompile(box, command, streams)) {
            detach("--used", box, List.of());
        }
    }

    /** The same for boxes that have been started, one after the other in one process. */
    void compileStarts(List<String> boxes) {
        List<String> all = new ArrayList<>();
        for (String box : boxes) {
            if (isToCompile(box, "start", List.of())) {
                all.add(box);
            }
        }
        if (!all.isEmpty()) {
            detach("for box; do \"$launcher\" compile --used \"$box\"; done", all);
        }
    }

    private boolean isToCompile(String box, String command, List<Launch.Stream> streams) {
        try {
            long pause = compiler.used(command, box, streams);
            return pause >= 0 && compiler.sinceTried(command, box) >= pause;
        } catch (JboxException e) {
            // Where nothing can be noted, nothing is compiled.
            return false;
        }
    }

    /**
     * The same for a namespace tool.
     *
     * @param words those before the program
     */
    void compile(String tool, List<String> words) {
        detach("--tool", tool, words);
    }

    /**
     * The same for a command with options.
     *
     * @param usual what its standard descriptors become without options
     */
    void compile(OptionWords words, List<Launch.Stream> usual) {
        String letters;
        try {
            letters = compiler.kindToCompile(words, usual);
        } catch (JboxException e) {
            return;
        }
        if (letters != null) {
            List<String> all = new ArrayList<>(List.of(words.command()));
            all.addAll(words.texts());
            detach("--streams", letters, all);
        }
    }

    private void detach(String option, String value, List<String> words) {
        List<String> all = new ArrayList<>(List.of(option, value));
        if (!words.isEmpty()) {
            all.add("--");
            all.addAll(words);
        }
        detach("\"$launcher\" compile \"$@\"", all);
    }

    private void detach(String line, List<String> words) {
        File nothing = new File("/dev/null");
        // The shell exits at once, so that the process it leaves behind is not a child of jbox's caller.
        String all = "launcher=$1; shift; { " + line + "; } </dev/null >/dev/null 2>&1 &";
        List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", all, "sh", compiler.launcher()));
        command.addAll(words);
        try {
            ProcessBuilder builder = new ProcessBuilder(command);
            builder.environment().keySet().removeIf(name -> name.startsWith(Surroundings.KEPT_ENVIRONMENT));
            builder.redirectInput(nothing)
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
