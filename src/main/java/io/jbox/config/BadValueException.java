package io.jbox.config;

import org.jspecify.annotations.Nullable;

/** Thrown if a text is not a value of the requested type, by parsers, which do not know the place. */
public final class BadValueException extends Exception {
    private static final long serialVersionUID = 1L;

    private final @Nullable String hint;

    /** @param message continues after the value itself: {@code is not …} */
    public BadValueException(String message) {
        this(message, null);
    }

    public BadValueException(String message, @Nullable String hint) {
        super(message, null, false, false);
        this.hint = hint;
    }

    @Nullable
    public String hint() {
        return hint;
    }
}
