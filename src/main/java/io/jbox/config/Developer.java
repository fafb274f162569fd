package io.jbox.config;

import java.util.List;

/**
 * Who works in a box with a {@code dev} section: the same user on the host and in the box.
 *
 * @param name of the user
 * @param uid on the host
 * @param gid of the user's own group
 * @param home the home folder on the host
 * @param shell the login shell on the host
 * @param ids a map of ids in which the user keeps their own, for a box of that user; empty for one of root's, where the kernel
 *     maps the owners of each mount
 */
public record Developer(String name, long uid, long gid, String home, String shell, List<IdMapping> ids) {
    /** The user and group whose files are theirs on both sides. */
    public KeptIds kept() {
        return new KeptIds(uid, gid);
    }
}
