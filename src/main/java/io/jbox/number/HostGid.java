package io.jbox.number;

import org.jspecify.annotations.Nullable;

/**
 * The number of a group on the host. In a box the same group has another one (user_namespaces(7)), which is never of this
 * type.
 */
public record HostGid(long number) {
    public static final HostGid ROOT = new HostGid(0);
    /** No group: chown(2) leaves the group of a file unchanged. */
    public static final HostGid NONE = new HostGid(-1);

    /** Written out: the JVM takes ten milliseconds to make the first such method of a record. */
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
