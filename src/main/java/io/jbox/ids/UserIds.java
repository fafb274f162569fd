package io.jbox.ids;

import io.jbox.config.IdMapping;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.number.HostGid;
import io.jbox.number.HostUid;
import io.jbox.problem.JboxException;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * The ids of an unprivileged user's boxes, the same in all of them: the box's root is the user, its other users are the
 * user's ids in /etc/subuid and /etc/subgid (subuid(5)). Without such a line, or without newuidmap(1) and newgidmap(1),
 * a box has only root.
 */
public final class UserIds implements BoxIds {
    private final List<IdMapping> ids;

    private UserIds(List<IdMapping> ids) {
        this.ids = List.copyOf(ids);
    }

    /** The ids of a user on this host. */
    static UserIds of(HostUid uid, HostGid gid, String name) {
        boolean tools = new File("/usr/bin/newuidmap").canExecute() && new File("/usr/bin/newgidmap").canExecute();
        return tools
                ? of(uid, gid, name, IdPool.lines("/etc/subuid"), IdPool.lines("/etc/subgid"))
                : of(uid, gid, name, List.of(), List.of());
    }

    /**
     * @param subuid lines {@code USER:FIRST:COUNT}
     * @param subgid those of groups, also by user name
     */
    static UserIds of(HostUid uid, HostGid gid, String name, List<String> subuid, List<String> subgid) {
        List<IdMapping> users = mappings('u', uid.number(), ranges(uid, name, subuid));
        List<IdMapping> groups = mappings('g', gid.number(), ranges(uid, name, subgid));
        List<IdMapping> ids = new ArrayList<>();
        if (users.size() > 1 && groups.size() > 1) {
            ids.addAll(users);
            ids.addAll(groups);
        } else {
            ids.add(users.get(0));
            ids.add(groups.get(0));
        }
        return new UserIds(ids);
    }

    /**
     * A map in which the user keeps their own ids in the box and the box's root is another user, so that root in the
     * box owns none of the user's files.
     *
     * @param name of the user
     * @throws JboxException without ids of /etc/subuid and /etc/subgid, since such a box has a root besides the user
     */
    public static List<IdMapping> keeping(Kernel kernel, String name) {
        HostUid uid = OwnProcess.user(kernel);
        HostGid gid = OwnProcess.group(kernel);
        List<IdMapping> ids = keeping(uid, gid, name, IdPool.lines("/etc/subuid"), IdPool.lines("/etc/subgid"));
        if (ids.isEmpty() || !new File("/usr/bin/newuidmap").canExecute()) {
            throw new JboxException(
                    "dev: " + name + " has no other ids than " + uid + ", and the box's root must be another",
                    "apt install uidmap; lines \"" + name + ":100000:65536\" in /etc/subuid and /etc/subgid");
        }
        return ids;
    }

    /** @return an empty list if there are no ids besides the user's own */
    static List<IdMapping> keeping(HostUid uid, HostGid gid, String name, List<String> subuid, List<String> subgid) {
        List<IdMapping> ids = new ArrayList<>(around('u', uid.number(), ranges(uid, name, subuid)));
        List<IdMapping> groups = around('g', gid.number(), ranges(uid, name, subgid));
        if (ids.isEmpty() || groups.isEmpty()) {
            return List.of();
        }
        ids.addAll(groups);
        return ids;
    }

    /** Maps ids from 0 on to the ranges, and the user's own id to itself. */
    private static List<IdMapping> around(char kind, long own, List<long[]> ranges) {
        List<IdMapping> mappings = new ArrayList<>();
        long inside = 0;
        for (long[] range : ranges) {
            long first = range[0];
            while (first < range[1] && inside < IdPool.SIZE) {
                if (inside == own) {
                    inside++;
                    continue;
                }
                long end = inside < own ? Math.min(own, IdPool.SIZE) : IdPool.SIZE;
                long count = Math.min(range[1] - first, end - inside);
                mappings.add(new IdMapping(kind, inside, first, count));
                inside += count;
                first += count;
            }
        }
        if (!mappings.isEmpty()) {
            mappings.add(new IdMapping(kind, own, own, 1));
        }
        return mappings;
    }

    private static List<long[]> ranges(HostUid uid, String name, List<String> lines) {
        List<long[]> ranges = new ArrayList<>();
        for (String line : lines) {
            String[] fields = line.strip().split(":", -1);
            long[] range = IdPool.parse(line);
            if (range.length > 0 && (fields[0].equals(name) || fields[0].equals(uid.toString()))) {
                ranges.add(range);
            }
        }
        return ranges;
    }

    /** Maps root to the user, and ids from 1 on to the ranges, up to the number of ids in root's boxes. */
    private static List<IdMapping> mappings(char kind, long root, List<long[]> ranges) {
        List<IdMapping> mappings = new ArrayList<>();
        mappings.add(new IdMapping(kind, 0, root, 1));
        long inside = 1;
        for (long[] range : ranges) {
            long count = Math.min(range[1] - range[0], IdPool.SIZE - inside);
            if (count > 0) {
                mappings.add(new IdMapping(kind, inside, range[0], count));
                inside += count;
            }
        }
        return mappings;
    }

    @Override
    public List<IdMapping> look(String box) {
        return ids;
    }

    @Override
    public List<IdMapping> claim(String box, Predicate<String> exists) {
        return ids;
    }

    /** Does nothing: the ids always belong to the user. */
    @Override
    public void release(String box, Predicate<String> taken) {}
}
