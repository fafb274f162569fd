package io.jbox.problem;

import org.jspecify.annotations.Nullable;

/** What a command was about to use was changed, perhaps by another one that was faster; nothing has been done. */
public final class ChangedException extends JboxException {
    private static final long serialVersionUID = 1L;

    public ChangedException(String message, @Nullable String hint) {
        super(message, hint);
    }

    public ChangedException(Problem problem) {
        super(problem);
    }
}
