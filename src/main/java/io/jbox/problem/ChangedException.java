package io.jbox.problem;

import org.jspecify.annotations.Nullable;

/** Thrown if something that a command was about to use has changed, perhaps by a faster command; nothing was done. */
public final class ChangedException extends JboxException {
    private static final long serialVersionUID = 1L;

    public ChangedException(String message, @Nullable String hint) {
        super(message, hint);
    }

    public ChangedException(Problem problem) {
        super(problem);
    }
}
