package io.jbox.problem;

import org.jspecify.annotations.Nullable;

/**
 * One thing that is wrong.
 *
 * @param message one line of cause: lower case, subject first, no full stop
 * @param place where in the configuration it was asked for, if anywhere
 * @param hint what to do about it, if anything is known
 */
public record Problem(
        String message, @Nullable Place place, @Nullable String hint) {
    public Problem {
        message = Printable.of(message);
        hint = hint == null ? null : Printable.of(hint);
    }

    public Problem(String message) {
        this(message, null, null);
    }

    public Problem(String message, Place place) {
        this(message, place, null);
    }

    /** The message, then place, snippet and hint on lines of their own; ends with a line end. */
    public String render() {
        StringBuilder out = new StringBuilder(message).append('\n');
        if (place != null && !place.isDefault()) {
            out.append("  ").append(place).append('\n').append(place.snippet());
        }
        if (hint != null) {
            out.append("  hint: ").append(hint).append('\n');
        }
        return out.toString();
    }
}
