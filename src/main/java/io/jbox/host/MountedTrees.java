package io.jbox.host;

import io.jbox.kernel.MountTable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The location of a file tree in its file system. Finds the mounts of a process that show the tree, independent of path
 * names (proc_pid_mountinfo(5)).
 */
public final class MountedTrees {
    private final String device;
    private final Path folder;

    private MountedTrees(String device, Path folder) {
        this.device = device;
        this.folder = folder;
    }

    /** @return null for one that is on no mount of this process */
    public static @Nullable MountedTrees of(Path real) {
        MountedTrees best = null;
        int longest = -1;
        for (MountTable.Mount mount : mounts("self")) {
            Path point = Path.of(mount.point());
            // Of several mounts in one place the last one is on top.
            if (point.getNameCount() >= longest && real.startsWith(point)) {
                longest = point.getNameCount();
                best = new MountedTrees(mount.device(), Path.of(mount.root()).resolve(point.relativize(real)));
            }
        }
        return best;
    }

    /**
     * The path where a process sees the tree, a part of it, or a larger tree around it; null if nowhere. A mount of the
     * whole file system does not count.
     */
    @Nullable
    public String findIn(int pid) {
        for (MountTable.Mount mount : mounts(Integer.toString(pid))) {
            Path root = Path.of(mount.root());
            boolean shares = root.startsWith(folder) || root.getNameCount() > 0 && folder.startsWith(root);
            if (mount.device().equals(device) && shares) {
                return mount.point();
            }
        }
        return null;
    }

    private static List<MountTable.Mount> mounts(String process) {
        try {
            return MountTable.read(process);
        } catch (IOException e) {
            return List.of();
        }
    }
}
