package io.jbox.ns;

import io.jbox.problem.JboxException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A range of a user namespace's ids and their ids outside (user_namespaces(7)).
 *
 * @param inner the first inside
 * @param outer the first outside
 * @param count how many
 */
record IdRange(long inner, long outer, long count) {
    static final long MAX = 0xffff_ffffL;

    /**
     * Parses an argument of {@code --map-users} or {@code --map-groups}: inner:outer:count, or outer,inner,count as
     * before util-linux 2.39.
     *
     * @throws JboxException if it is neither
     */
    static IdRange parse(String text, String option) {
        boolean old = text.indexOf(',') >= 0;
        String[] parts = text.split(old ? "," : ":", -1);
        if (parts.length == 3) {
            long first = number(parts[0]);
            long second = number(parts[1]);
            long count = number(parts[2]);
            if (first >= 0 && second >= 0 && count > 0) {
                return old ? new IdRange(second, first, count) : new IdRange(first, second, count);
            }
        }
        throw new JboxException(
                option + " \"" + text + "\": is not a range",
                "INNER:OUTER:COUNT, OUTER,INNER,COUNT, auto, subids or all");
    }

    /** A 32-bit number, or -1. */
    static long number(String text) {
        if (text.isEmpty() || text.length() > 10) {
            return -1;
        }
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return -1;
            }
        }
        long number = Long.parseLong(text);
        return number <= MAX ? number : -1;
    }

    /**
     * The first range of a user in /etc/subuid or /etc/subgid (subuid(5)).
     *
     * @param identity whether the ids are the same inside; else they begin at 0
     * @throws JboxException if there is none
     */
    static IdRange subordinate(String file, String user, long uid, boolean identity) {
        try {
            for (String line : Files.readAllLines(Path.of(file), StandardCharsets.UTF_8)) {
                String[] fields = line.trim().split(":", -1);
                if (fields.length != 3 || !fields[0].equals(user) && number(fields[0]) != uid) {
                    continue;
                }
                long outer = number(fields[1]);
                long count = number(fields[2]);
                if (outer >= 0 && count > 0) {
                    return new IdRange(identity ? outer : 0, outer, count);
                }
            }
        } catch (IOException e) {
            throw new JboxException(file + ": cannot be read", "apt install uidmap");
        }
        throw new JboxException(
                file + ": has no range for " + user,
                "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 " + user);
    }

    /** All ids of this process's user namespace, mapped to themselves. */
    static List<IdRange> all(String file) {
        List<IdRange> ranges = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(Path.of(file), StandardCharsets.UTF_8)) {
                String[] fields = line.trim().split(" +");
                ranges.add(
                        new IdRange(Long.parseLong(fields[0]), Long.parseLong(fields[0]), Long.parseLong(fields[2])));
            }
        } catch (IOException e) {
            throw new JboxException(file + ": cannot be read");
        }
        return ranges;
    }

    /**
     * Adds a single id to ranges that may overlap with it, inside or outside: they give up the overlapping ids, and
     * where that shifts others, they lose their last.
     */
    static List<IdRange> withSingle(List<IdRange> ranges, long inner, long outer) {
        List<IdRange> all = new ArrayList<>();
        all.add(new IdRange(inner, outer, 1));
        for (IdRange range : ranges) {
            range.addWithout(inner, outer, all);
        }
        return all;
    }

    private void addWithout(long oneInner, long oneOuter, List<IdRange> all) {
        boolean insideHit = oneInner >= inner && oneInner < inner + count;
        boolean outsideHit = oneOuter >= outer && oneOuter < outer + count;
        long left = insideHit || outsideHit ? count - 1 : count;
        long in = inner;
        long out = outer;
        while (left > 0) {
            in += in == oneInner ? 1 : 0;
            out += out == oneOuter ? 1 : 0;
            long until = left;
            if (oneInner > in) {
                until = Math.min(until, oneInner - in);
            }
            if (oneOuter > out) {
                until = Math.min(until, oneOuter - out);
            }
            all.add(new IdRange(in, out, until));
            in += until;
            out += until;
            left -= until;
        }
    }
}
