package io.jbox.plan;

/** Something in a plan has no compiled form. */
public final class NotCompiledException extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param message the part that has none */
    public NotCompiledException(String message) {
        super(message, null, false, false);
    }
}
