package io.jbox.ids;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The host ids available to boxes: root's in /etc/subuid and /etc/subgid, or if it has none there, those not used by
 * the host's other users and systemd. In a user namespace without these ids, the pool consists of all its ids above the
 * first 65,536.
 */
public final class IdPool {
    /** The number of ids per box. */
    public static final long SIZE = 65_536;

    /** Between the ids of systemd-nspawn's containers and those of foreign images (systemd.io/UIDS-GIDS). */
    public static final long DEFAULT_FIRST = 1_879_048_192L;

    private static final long DEFAULT_END = 2_147_352_576L;
    private static final long MAX_ID = 0xffff_fffeL;

    private final List<Range> given;
    private final List<Range> taken;

    /** Ids from the first one to the one before the end. */
    record Range(long first, long end) {
        boolean overlaps(long otherFirst, long otherEnd) {
            return first < otherEnd && otherFirst < end;
        }
    }

    private IdPool(List<Range> given, List<Range> taken) {
        this.given = given;
        this.taken = taken;
    }

    /** The pool of this host. */
    public static IdPool ofHost() {
        return of(
                lines("/etc/subuid"),
                lines("/etc/subgid"),
                common(maps(lines("/proc/self/uid_map")), maps(lines("/proc/self/gid_map"))));
    }

    static IdPool of(List<String> subuid, List<String> subgid) {
        return of(subuid, subgid, List.of(new Range(0, MAX_ID)));
    }

    /**
     * @param subuid lines {@code USER:FIRST:COUNT} (subuid(5))
     * @param mapped the ids that exist in this user namespace
     */
    static IdPool of(List<String> subuid, List<String> subgid, List<Range> mapped) {
        List<Range> others = new ArrayList<>();
        List<Range> users = new ArrayList<>();
        List<Range> groups = new ArrayList<>();
        parse(subuid, users, others);
        parse(subgid, groups, others);
        // A range given to root counts as root's, even if others have it as well.
        List<Range> both = common(users, groups);
        return both.isEmpty() ? new IdPool(common(byDefault(mapped), mapped), others) : new IdPool(both, List.of());
    }

    private static List<Range> byDefault(List<Range> mapped) {
        Range usual = new Range(DEFAULT_FIRST, DEFAULT_END);
        for (Range range : mapped) {
            if (range.overlaps(usual.first, usual.end)) {
                return List.of(usual);
            }
        }
        // The first ids belong to the users of this namespace.
        return List.of(new Range(SIZE, MAX_ID));
    }

    /** The intersections of both lists that are large enough for a box. */
    private static List<Range> common(List<Range> some, List<Range> others) {
        List<Range> both = new ArrayList<>();
        for (Range one : some) {
            for (Range other : others) {
                long first = Math.max(one.first, other.first);
                long end = Math.min(one.end, other.end);
                if (end - first >= SIZE) {
                    both.add(new Range(first, end));
                }
            }
        }
        return both;
    }

    /** The ids that a map has inside: lines {@code INSIDE OUTSIDE COUNT} (user_namespaces(7)). */
    static List<Range> maps(List<String> lines) {
        List<Range> ranges = new ArrayList<>();
        for (String line : lines) {
            String[] fields = line.strip().split(" +");
            long first = Long.parseLong(fields[0]);
            ranges.add(new Range(first, Math.min(first + Long.parseLong(fields[2]), MAX_ID)));
        }
        return ranges;
    }

    /** Reads a file's lines; none if it cannot be read. */
    static List<String> lines(String file) {
        try {
            return Files.readAllLines(Path.of(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return List.of();
        }
    }

    private static void parse(List<String> lines, List<Range> root, List<Range> others) {
        for (String line : lines) {
            long[] range = parse(line);
            if (range.length > 0) {
                boolean roots = line.strip().startsWith("root:") || line.strip().startsWith("0:");
                (roots ? root : others).add(new Range(range[0], range[1]));
            }
        }
    }

    /** The first id of a line, and the one after its last; empty for an invalid line. */
    static long[] parse(String line) {
        String[] fields = line.strip().split(":", -1);
        try {
            long first = Long.parseLong(fields[1]);
            long end = Math.min(first + Long.parseLong(fields[2]), MAX_ID);
            return first > 0 && end > first ? new long[] {first, end} : new long[0];
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            // A comment, or a line that other programs do not accept either.
            return new long[0];
        }
    }

    /** The first ids of all ranges, in order. */
    public List<Long> firsts() {
        List<Long> firsts = new ArrayList<>();
        for (Range range : given) {
            for (long first = range.first; first + SIZE <= range.end; first += SIZE) {
                if (!isTaken(first)) {
                    firsts.add(first);
                }
            }
        }
        return firsts;
    }

    private boolean isTaken(long first) {
        for (Range range : taken) {
            if (range.overlaps(first, first + SIZE)) {
                return true;
            }
        }
        return false;
    }
}
