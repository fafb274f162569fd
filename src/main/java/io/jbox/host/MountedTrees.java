package io.jbox.host;

import io.jbox.kernel.MountTable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a tree of files lies in its file system, and which mounts of a process show it, whatever names led there when they
 * were made (proc_pid_mountinfo(5)).
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
            // Of several in one place the last one is on top.
            if (point.getNameCount() >= longest && real.startsWith(point)) {
                longest = point.getNameCount();
                best = new MountedTrees(mount.device(), Path.of(mount.root()).resolve(point.relativize(real)));
            }
        }
        return best;
    }

    /**
     * Where a process sees the tree, a part of it, or what it is a part of; null if nowhere. One that sees the whole file system
     * does not count: it cannot count on anything.
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
