package io.jbox.config;

import java.util.List;

/**
 * The user who works in a box with a {@code dev} section, with the same account on the host and in the box.
 *
 * @param name of the user
 * @param uid on the host
 * @param gid of the user's own group
 * @param home the home folder on the host
 * @param shell the login shell on the host
 * @param ids a map in which the user keeps their own id, for a box of that user; empty for a box of root, where the
 *     kernel maps the owners of each mount
 */
public record Developer(String name, long uid, long gid, String home, String shell, List<IdMapping> ids) {
    /** The user and group that own the same files on the host and in the box. */
    public KeptIds kept() {
        return new KeptIds(uid, gid);
    }
}
