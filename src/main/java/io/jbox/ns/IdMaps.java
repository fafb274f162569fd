package io.jbox.ns;

import io.jbox.facts.Caller;
import io.jbox.facts.WrittenMap;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Builds maps of user or group ids that are written from outside of the user namespace. */
public final class IdMaps {
    private IdMaps() {}

    /**
     * Builds the map for --map-users, --map-groups and --map-auto.
     *
     * @param groups whether it is a map of groups
     * @param asked ranges, or auto, subids or all
     * @param single id that the caller alone is mapped to, or null
     * @throws JboxException if a text is not a range, or the caller has no subordinate ids, or may not map any
     */
    public static WrittenMap of(boolean groups, List<String> asked, @Nullable Long single, Caller caller) {
        if (asked.isEmpty()) {
            return WrittenMap.NONE;
        }
        String option = groups ? "--map-groups" : "--map-users";
        String file = groups ? "/etc/subgid" : "/etc/subuid";
        List<IdRange> ranges = new ArrayList<>();
        for (String text : asked) {
            switch (text) {
                case "auto", "subids" -> {
                    String user = UserNames.users().name(caller.uid());
                    ranges.add(IdRange.subordinate(file, user, caller.uid(), text.equals("subids")));
                }
                case "all" -> ranges.addAll(IdRange.all(groups ? "/proc/self/gid_map" : "/proc/self/uid_map"));
                default -> ranges.add(IdRange.parse(text, option));
            }
        }
        if (single != null) {
            ranges = IdRange.withSingle(ranges, single, groups ? caller.gid() : caller.uid());
        }
        List<String> lines = new ArrayList<>();
        for (IdRange range : ranges) {
            lines.add(range.inner() + " " + range.outer() + " " + range.count());
        }
        return new WrittenMap(lines, caller.uid() == 0 ? null : program(groups ? "newgidmap" : "newuidmap", caller));
    }

    private static String program(String name, Caller caller) {
        String path = caller.variable("PATH");
        for (String folder : (path == null ? "/usr/bin:/bin" : path).split(":")) {
            File file = new File(folder, name);
            if (file.canExecute()) {
                return file.getPath();
            }
        }
        throw new JboxException(
                List.of(new Problem(name + ": is not installed", null, "apt install uidmap")), JboxException.NOT_FOUND);
    }
}
