package io.jbox.number;

import org.jspecify.annotations.Nullable;

/**
 * The number of a user on the host. In a box the same user has another one (user_namespaces(7)), which is never of this
 * type.
 */
public record HostUid(long number) {
    public static final HostUid ROOT = new HostUid(0);

    /** What Java makes of a record's methods by itself costs each command ten milliseconds. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof HostUid && ((HostUid) other).number == number;
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
