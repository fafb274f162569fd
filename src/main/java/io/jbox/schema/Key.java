package io.jbox.schema;

import org.jspecify.annotations.Nullable;

/**
 * One key of the configuration.
 *
 * @param name without those of the sections around it
 * @param type of its value
 * @param about one sentence for people, also shown by editors
 * @param defaultText default value, as a user would write it; null if it depends on other values or there is none
 */
record Key<T>(
        String name, Type<T> type, String about, @Nullable String defaultText) {
    Key(String name, Type<T> type, String about) {
        this(name, type, about, null);
    }
}
