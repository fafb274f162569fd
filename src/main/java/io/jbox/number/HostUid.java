package io.jbox.number;

import org.jspecify.annotations.Nullable;

/**
 * The number of a user on the host. In a box the same user has another one (user_namespaces(7)), which is never of this
 * type.
 */
public record HostUid(long number) {
    public static final HostUid ROOT = new HostUid(0);
    /** No user: chown(2) leaves the owner of a file unchanged. */
    public static final HostUid NONE = new HostUid(-1);

    /** Written out: the JVM takes ten milliseconds to make the first such method of a record. */
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
