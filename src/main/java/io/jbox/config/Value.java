package io.jbox.config;

import io.jbox.problem.Place;

/**
 * A value of the configuration with its place.
 *
 * @param get the value
 * @param place {@link Place#DEFAULT} for a default
 */
public record Value<T>(T get, Place place) {
    /** A default value. */
    public static <T> Value<T> ofDefault(T value) {
        return new Value<>(value, Place.DEFAULT);
    }
}
