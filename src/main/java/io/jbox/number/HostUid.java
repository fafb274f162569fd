package io.jbox.number;

/**
 * The number of a user on the host. In a box the same user has another one (user_namespaces(7)), which is never of this
 * type.
 */
public record HostUid(long number) {
    public static final HostUid ROOT = new HostUid(0);

    @Override
    public String toString() {
        return Long.toString(number);
    }
}
