package io.jbox.config;

import java.util.ArrayList;
import java.util.List;

/**
 * Maps a range of the box's ids to the host's (user_namespaces(7)).
 *
 * @param kind {@code u} for users, {@code g} for groups
 * @param inside first id in the box
 * @param outside first id on the host
 * @param count how many
 */
public record IdMapping(char kind, long inside, long outside, long count) {
    public static final String PATTERN = "^(auto|none|[ugb]( +[0-9]{1,10}){3})$";

    private static final long MAX_ID = 0xffff_fffeL;

    /** The word {@code auto}: a separate range for the box. */
    public static final IdMapping AUTO = new IdMapping('a', 0, 0, 0);
    /** The word {@code none}: no user namespace. */
    public static final IdMapping NONE = new IdMapping('n', 0, 0, 0);

    /** The default ids of a box, 0 to 65535, for users and groups. */
    public static IdMapping range(long first) {
        return new IdMapping('b', 0, first, 65_536);
    }

    /** Accepts {@code u|g|b INSIDE OUTSIDE COUNT} as LXC does, {@code auto} and {@code none}. */
    public static IdMapping parse(String text) throws BadValueException {
        if (text.equals("auto")) {
            return AUTO;
        }
        if (text.equals("none")) {
            return NONE;
        }
        String[] words = text.trim().split(" +");
        if (words.length != 4 || words[0].length() != 1 || "ugb".indexOf(words[0].charAt(0)) < 0) {
            throw new BadValueException("is not an id mapping such as \"u 0 100000 65536\", auto or none");
        }
        IdMapping mapping = new IdMapping(
                words[0].charAt(0),
                Syntax.parseNumber(words[1], 0, MAX_ID),
                Syntax.parseNumber(words[2], 0, MAX_ID),
                Syntax.parseNumber(words[3], 1, MAX_ID));
        if (mapping.inside + mapping.count > MAX_ID + 1 || mapping.outside + mapping.count > MAX_ID + 1) {
            throw new BadValueException("goes beyond the highest possible id, " + MAX_ID);
        }
        return mapping;
    }

    public boolean mapsUsers() {
        return kind == 'u' || kind == 'b';
    }

    public boolean mapsGroups() {
        return kind == 'g' || kind == 'b';
    }

    /** As configurations have them, one text each. */
    public static List<String> texts(List<IdMapping> ids) {
        List<String> texts = new ArrayList<>();
        for (IdMapping mapping : ids) {
            texts.add(mapping.toString());
        }
        return texts;
    }

    @Override
    public String toString() {
        return kind == 'a' ? "auto" : kind == 'n' ? "none" : kind + " " + inside + " " + outside + " " + count;
    }
}
