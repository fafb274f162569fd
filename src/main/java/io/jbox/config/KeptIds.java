package io.jbox.config;

/**
 * A user and a group that have the same ids in a box as on the host, for one mount. They own the same files on both
 * sides, and no other user owns a file in that mount (mount_setattr(2), MOUNT_ATTR_IDMAP).
 */
public record KeptIds(long uid, long gid) {
    private static final String OPTION = "idmap=";
    private static final long MAX_ID = 0xffff_fffeL;

    /** The option that asks for it. */
    public String option() {
        return OPTION + uid + ":" + gid;
    }

    /** Reads the option {@code idmap=UID:GID}. */
    static KeptIds parse(String option) throws BadValueException {
        String ids = option.substring(OPTION.length());
        int colon = ids.indexOf(':');
        if (colon < 0) {
            throw new BadValueException(
                    "has an option \"" + option + "\", which must be idmap=container or idmap=UID:GID");
        }
        return new KeptIds(
                Syntax.parseNumber(ids.substring(0, colon), 0, MAX_ID),
                Syntax.parseNumber(ids.substring(colon + 1), 0, MAX_ID));
    }
}
