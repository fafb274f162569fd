package io.jbox.schema;

import org.jspecify.annotations.Nullable;

/**
 * One key of the configuration.
 *
 * @param name its own name, without those of the sections around it
 * @param type what may stand behind it
 * @param about one sentence for people, also shown by editors
 * @param defaultText its value where nobody wrote one, as one would write it; null where that depends or is nothing
 */
record Key<T>(
        String name, Type<T> type, String about, @Nullable String defaultText) {
    Key(String name, Type<T> type, String about) {
        this(name, type, about, null);
    }
}
