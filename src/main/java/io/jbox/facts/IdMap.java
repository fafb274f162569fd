package io.jbox.facts;

import io.jbox.config.IdMapping;
import io.jbox.config.Value;
import io.jbox.number.HostGid;
import io.jbox.number.HostUid;
import java.util.List;

/**
 * Maps user and group ids of a box to the host's (user_namespaces(7)).
 *
 * @param mappings empty, or the word none, if the ids are the same
 */
public record IdMap(List<Value<IdMapping>> mappings) {
    /** The host's id of a user; none if it has none. */
    public HostUid hostUid(long uid) {
        return new HostUid(host(uid, true));
    }

    /** The host's id of a group; none if it has none. */
    public HostGid hostGid(long gid) {
        return new HostGid(host(gid, false));
    }

    private long host(long id, boolean user) {
        boolean maps = false;
        for (Value<IdMapping> value : mappings) {
            IdMapping mapping = value.get();
            if (user ? mapping.mapsUsers() : mapping.mapsGroups()) {
                maps = true;
                if (mapping.inside() <= id && id < mapping.inside() + mapping.count()) {
                    return mapping.outside() + id - mapping.inside();
                }
            }
        }
        return maps ? HostUid.NONE.number() : id;
    }
}
