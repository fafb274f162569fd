package io.jbox.config;

import io.jbox.problem.Place;

/**
 * A value of the configuration and the place where it was written.
 *
 * @param get the value
 * @param place {@link Place#DEFAULT} where nobody wrote it
 */
public record Value<T>(T get, Place place) {
    /** A value that nobody wrote. */
    public static <T> Value<T> ofDefault(T value) {
        return new Value<>(value, Place.DEFAULT);
    }
}
