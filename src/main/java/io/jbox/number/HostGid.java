package io.jbox.number;

import org.jspecify.annotations.Nullable;

/**
 * The number of a group on the host. In a box the same group has another one (user_namespaces(7)), which is never of this
 * type.
 */
public record HostGid(long number) {
    public static final HostGid ROOT = new HostGid(0);

    /** What Java makes of a record's methods by itself costs each command ten milliseconds. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof HostGid && ((HostGid) other).number == number;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(number);
    }

    @Override
    public String toString() {
        return Long.toString(number);
    }
}
