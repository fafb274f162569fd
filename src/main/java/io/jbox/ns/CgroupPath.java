package io.jbox.ns;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Resolves a line of /proc/PID/cgroup to a folder (cgroups(7)). */
final class CgroupPath {
    private CgroupPath() {}

    /**
     * The folder of a cgroup.
     *
     * @param mountinfo of this process
     * @param controllers of the hierarchy, comma-separated; empty for version 2
     * @param path in the hierarchy, as seen from our cgroup namespace
     * @return null if the hierarchy is not mounted, or the cgroup is not below the mounted one
     */
    static @Nullable String find(List<String> mountinfo, String controllers, String path) {
        for (String line : mountinfo) {
            int separator = line.indexOf(" - ");
            if (separator < 0 || !is(line.substring(separator + 3), controllers)) {
                continue;
            }
            String[] fields = line.split(" ", 6);
            String root = fields[3].equals("/") ? "" : fields[3];
            // ".." stands for what is above the root of our cgroup namespace.
            boolean below = path.equals(root) || path.startsWith(root + "/");
            if (below && !Arrays.asList(path.split("/")).contains("..")) {
                return fields[4] + path.substring(root.length());
            }
        }
        return null;
    }

    private static boolean is(String tail, String controllers) {
        if (controllers.isEmpty()) {
            return tail.startsWith("cgroup2 ");
        }
        if (!tail.startsWith("cgroup ")) {
            return false;
        }
        List<String> options =
                Arrays.asList(tail.substring(tail.lastIndexOf(' ') + 1).split(","));
        return options.containsAll(Arrays.asList(controllers.split(",")));
    }
}
