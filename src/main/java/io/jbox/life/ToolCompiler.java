package io.jbox.life;

import io.jbox.compile.ToolProgramFile;
import io.jbox.facts.KnownCommand;
import io.jbox.facts.UnshareRequest;
import io.jbox.kernel.Kernel;
import io.jbox.plan.CompiledUnshare;
import io.jbox.state.FileLock;
import io.jbox.state.ProgramFolder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Compiles {@code unshare} with certain options. Only the launcher of a distribution executes such programs: a shell cannot
 * pass an environment on as it is.
 */
public final class ToolCompiler {
    private static final String UNSHARE = "unshare";
    private static final String LETTERS = "_.=,:+-";
    private static final int LONGEST_NAME = 150;
    /** How many there are; those that nobody uses go first. */
    private static final int MOST = 32;

    private static final long PAUSE_MILLIS = 5_000;

    private final Kernel kernel;
    private final ProgramFolder programs;
    private final String launcher;
    private final ProgramValidity validities;

    ToolCompiler(Kernel kernel, ProgramFolder programs, String launcher, ProgramValidity validities) {
        this.kernel = kernel;
        this.programs = programs;
        this.launcher = launcher;
        this.validities = validities;
    }

    /**
     * Whether to compile unshare with these options now.
     *
     * @param words before the program
     */
    public boolean isWorthIt(List<String> words, UnshareRequest request) {
        String name = name(words);
        return name != null
                && CompiledUnshare.isSimple(request)
                && ProgramValidity.script(launcher).exists()
                && programs.sinceTried(UNSHARE, name) > PAUSE_MILLIS;
    }

    /**
     * Does it.
     *
     * @return the file; null if it cannot be compiled
     */
    public @Nullable String compile(List<String> words, UnshareRequest request) {
        String name = name(words);
        if (name == null
                || !CompiledUnshare.isSimple(request)
                || !ProgramValidity.script(launcher).exists()) {
            return null;
        }
        try (FileLock lock = programs.lock()) {
            programs.tried(UNSHARE, name);
            KnownCommand command = new KnownCommand(launcher, words, validities.ofTool());
            CompiledUnshare unshare = new CompiledUnshare(command, System.getenv("PATH"), request);
            String file = UNSHARE + "." + name;
            programs.write(file, ToolProgramFile.of(kernel.processor(), unshare));
            programs.keepUsed(UNSHARE + ".", MOST);
            return programs.file(file);
        }
    }

    /** The part of the file's name that the launcher makes of the words; null where it makes none. */
    private static @Nullable String name(List<String> words) {
        StringBuilder name = new StringBuilder();
        for (String word : words) {
            for (int i = 0; i < word.length(); i++) {
                char letter = word.charAt(i);
                boolean known = letter < 128 && Character.isLetterOrDigit(letter) || LETTERS.indexOf(letter) >= 0;
                if (!known) {
                    return null;
                }
            }
            name.append(name.isEmpty() ? "" : ".").append(word);
        }
        return name.isEmpty() || name.length() > LONGEST_NAME ? null : name.toString();
    }
}
