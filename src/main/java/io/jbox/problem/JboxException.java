package io.jbox.problem;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Thrown if jbox cannot do what was asked; everything it had begun has been undone. */
public class JboxException extends RuntimeException {
    /** Exit code: jbox itself failed. */
    public static final int FAILED = 125;
    /** Exit code: the program was found and cannot be executed. */
    public static final int CANNOT_EXECUTE = 126;
    /** Exit code: the program was not found. */
    public static final int NOT_FOUND = 127;
    /** Exit code: the command line is wrong. */
    public static final int USAGE = 2;

    private static final long serialVersionUID = 1L;

    private final transient List<Problem> problems;
    private final int exitCode;

    public JboxException(List<Problem> problems, int exitCode) {
        super(problems.isEmpty() ? "" : problems.get(0).message(), null, false, true);
        this.problems = List.copyOf(problems);
        this.exitCode = exitCode;
    }

    public JboxException(Problem problem) {
        this(List.of(problem), FAILED);
    }

    public JboxException(String message) {
        this(new Problem(message));
    }

    public JboxException(String message, @Nullable String hint) {
        this(new Problem(message, null, hint));
    }

    /** All problems, in the order of the configuration; never empty. */
    public List<Problem> problems() {
        return problems;
    }

    /** The exit code for the command. */
    public int exitCode() {
        return exitCode;
    }
}
