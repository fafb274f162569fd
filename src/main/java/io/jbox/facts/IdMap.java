package io.jbox.facts;

import io.jbox.config.IdMapping;
import io.jbox.config.Value;
import io.jbox.number.HostGid;
import io.jbox.number.HostUid;
import java.util.List;

/**
 * Maps user and group ids of a box to the host's (user_namespaces(7)).
 *
 * @param mappings empty if the ids are the same
 */
public record IdMap(List<Value<IdMapping>> mappings) {
    /** The host's id of a user; the same if nothing is mapped. */
    public HostUid hostUid(long uid) {
        return new HostUid(host(uid, true));
    }

    /** The host's id of a group. */
    public HostGid hostGid(long gid) {
        return new HostGid(host(gid, false));
    }

    private long host(long id, boolean user) {
        for (Value<IdMapping> value : mappings) {
            IdMapping mapping = value.get();
            boolean fits = user ? mapping.mapsUsers() : mapping.mapsGroups();
            if (fits && mapping.inside() <= id && id < mapping.inside() + mapping.count()) {
                return mapping.outside() + id - mapping.inside();
            }
        }
        return id;
    }
}
