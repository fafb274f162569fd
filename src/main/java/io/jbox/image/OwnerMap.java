package io.jbox.image;

import io.jbox.config.IdMapping;
import java.util.List;

/**
 * Maps owners on the host to owners in the box if the files belong to the box's ids on the host ({@code rootfs.options:
 * [shift]}).
 */
final class OwnerMap {
    /** The id that the kernel shows for an owner without an id in a box (user_namespaces(7), overflowuid). */
    private static final long NOBODY = 65_534;

    private final List<IdMapping> ids;

    /** @param ids empty if files have the same owners on the host as in the box */
    OwnerMap(List<IdMapping> ids) {
        this.ids = List.copyOf(ids);
    }

    long user(long outside) {
        return inside(outside, true);
    }

    long group(long outside) {
        return inside(outside, false);
    }

    private long inside(long outside, boolean user) {
        for (IdMapping range : ids) {
            boolean fits = user ? range.mapsUsers() : range.mapsGroups();
            if (fits && outside >= range.outside() && outside - range.outside() < range.count()) {
                return range.inside() + outside - range.outside();
            }
        }
        return ids.isEmpty() ? outside : NOBODY;
    }
}
