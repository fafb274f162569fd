package io.jbox.ns;

import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A map of user or group ids that is written from outside of the user namespace.
 *
 * @param ranges empty for none
 * @param program newuidmap or newgidmap for who is not root; null for root
 */
public record IdMaps(List<IdRange> ranges, @Nullable String program) {
    /** No map. */
    public static final IdMaps NONE = new IdMaps(List.of(), null);

    /**
     * What --map-users, --map-groups and --map-auto ask for.
     *
     * @param groups whether it is about groups
     * @param asked ranges, or auto, subids or all
     * @param single what the caller alone is mapped to, or null
     * @throws JboxException if a text is no range, or the caller has none of its own, or may not map any
     */
    public static IdMaps of(boolean groups, List<String> asked, @Nullable Long single, Caller caller) {
        if (asked.isEmpty()) {
            return NONE;
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
        return new IdMaps(ranges, caller.uid() == 0 ? null : program(groups ? "newgidmap" : "newuidmap", caller));
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

    /** The command line of the program. */
    List<String> words(String name, int pid) {
        List<String> words = new ArrayList<>(List.of(name, Integer.toString(pid)));
        for (IdRange range : ranges) {
            words.addAll(range.words());
        }
        return words;
    }
}
