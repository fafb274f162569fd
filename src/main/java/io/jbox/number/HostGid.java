package io.jbox.number;

/**
 * The number of a group on the host. In a box the same group has another one (user_namespaces(7)), which is never of this
 * type.
 */
public record HostGid(long number) {
    public static final HostGid ROOT = new HostGid(0);

    @Override
    public String toString() {
        return Long.toString(number);
    }
}
