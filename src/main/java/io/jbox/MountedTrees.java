package io.jbox;

import io.jbox.ns.NamespaceMount;
import java.io.BufferedReader;
import java.io.FileReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a tree of files lies in its file system, and which mounts of a process show it, whatever names led there when they
 * were made (proc_pid_mountinfo(5)).
 */
final class MountedTrees {
    /** Fields of a line: the device, the folder of its file system, and where that is mounted. */
    private static final int DEVICE = 2;

    private static final int ROOT = 3;
    private static final int POINT = 4;

    private final String device;
    private final Path folder;

    private MountedTrees(String device, Path folder) {
        this.device = device;
        this.folder = folder;
    }

    /** @return null for one that is on no mount of this process */
    static @Nullable MountedTrees of(Path real) {
        MountedTrees best = null;
        int longest = -1;
        try (BufferedReader in = open("/proc/self/mountinfo")) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String[] fields = line.split(" ", POINT + 2);
                Path point = Path.of(NamespaceMount.unescaped(fields[POINT]));
                // Of several in one place the last one is on top.
                if (point.getNameCount() >= longest && real.startsWith(point)) {
                    longest = point.getNameCount();
                    best = new MountedTrees(
                            fields[DEVICE],
                            Path.of(NamespaceMount.unescaped(fields[ROOT])).resolve(point.relativize(real)));
                }
            }
        } catch (IOException e) {
            return null;
        }
        return best;
    }

    /**
     * Where a process sees the tree, a part of it, or what it is a part of; null if nowhere. One that sees the whole file system
     * does not count: it cannot count on anything.
     */
    @Nullable
    String findIn(int pid) {
        try (BufferedReader in = open("/proc/" + pid + "/mountinfo")) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String[] fields = line.split(" ", POINT + 2);
                if (!fields[DEVICE].equals(device)) {
                    continue;
                }
                Path root = Path.of(NamespaceMount.unescaped(fields[ROOT]));
                if (root.startsWith(folder) || root.getNameCount() > 0 && folder.startsWith(root)) {
                    return NamespaceMount.unescaped(fields[POINT]);
                }
            }
        } catch (IOException e) {
            return null;
        }
        return null;
    }

    private static BufferedReader open(String path) throws IOException {
        return new BufferedReader(new FileReader(path, StandardCharsets.UTF_8));
    }
}
