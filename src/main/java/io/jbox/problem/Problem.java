package io.jbox.problem;

import org.jspecify.annotations.Nullable;

/**
 * One error for the user.
 *
 * @param message one line of cause: lower case, subject first, no full stop
 * @param place in the configuration that asked for it, if any
 * @param hint what to do about it, if known
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

    /** The message, followed by place, snippet and hint on separate lines; ends with a line end. */
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
