package io.jbox.facts;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What a compiled program relies on. It checks everything before it does anything, and leaves the work to jbox if
 * something differs.
 *
 * @param contents files that are small: path → all bytes
 * @param identities other files: path → struct statx, of which owner, mode, inode, size, times of content and inode,
 *     and device are compared
 * @param own the same for files that must not be symbolic links
 * @param absent paths that must not exist, not even as a link
 * @param links symbolic links, those of /proc/self/ns above all: path → target
 * @param limits of the caller (getrlimit(2)): name in lower case → soft and hard, 16 bytes
 * @param capabilities of the caller (capget(2)): 24 bytes
 */
public record Validity(
        Map<String, byte[]> contents,
        Map<String, byte[]> identities,
        Map<String, byte[]> own,
        List<String> absent,
        Map<String, String> links,
        Map<String, byte[]> limits,
        byte[] capabilities) {
    /** Whether another one relies on the same. */
    public boolean isSameAs(Validity other) {
        return same(contents, other.contents)
                && same(identities, other.identities)
                && same(own, other.own)
                && absent.equals(other.absent)
                && links.equals(other.links)
                && same(limits, other.limits)
                && Arrays.equals(capabilities, other.capabilities);
    }

    private static boolean same(Map<String, byte[]> one, Map<String, byte[]> other) {
        boolean same = one.keySet().equals(other.keySet());
        for (Map.Entry<String, byte[]> entry : one.entrySet()) {
            same = same && Arrays.equals(entry.getValue(), other.get(entry.getKey()));
        }
        return same;
    }
}
