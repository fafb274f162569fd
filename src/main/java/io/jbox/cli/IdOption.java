package io.jbox.cli;

import io.jbox.ns.UserNames;
import org.jspecify.annotations.Nullable;

/** Options with a user or a group. */
final class IdOption {
    private IdOption() {}

    /** Parses a user or group id or name; null if not given. */
    static @Nullable Long find(Arguments arguments, Option option, UserNames names) {
        String text = arguments.value(option);
        if (text == null) {
            return null;
        }
        long id = names.id(text);
        if (id < 0) {
            throw arguments.usage(
                    "--" + option.name() + " \"" + text + "\": is neither a number nor a name on this host");
        }
        return id;
    }
}
