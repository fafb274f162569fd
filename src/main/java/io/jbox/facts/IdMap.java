package io.jbox.facts;

import io.jbox.config.IdMapping;
import io.jbox.config.Value;
import java.util.List;

/**
 * From a box's numbers of users and groups to the host's (user_namespaces(7)).
 *
 * @param mappings none where both are the same
 */
public record IdMap(List<Value<IdMapping>> mappings) {
    /** The host's number of a user; the same where nothing is mapped. */
    public long hostUid(long uid) {
        return host(uid, true);
    }

    /** The host's number of a group. */
    public long hostGid(long gid) {
        return host(gid, false);
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
