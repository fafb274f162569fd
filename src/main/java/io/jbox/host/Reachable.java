package io.jbox.host;

import io.jbox.config.Config;
import io.jbox.config.KeptIds;
import io.jbox.config.MountEntry;
import io.jbox.config.RootfsPath;
import io.jbox.config.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds folders with a box's files that other host users can enter: a setuid program that the box's root makes there
 * would give them the rights of the host's root, or of the user who started the box.
 */
public final class Reachable {
    private static final int OTHERS_ENTER = 1;

    private Reachable() {}

    /**
     * A line for each such folder of a box.
     *
     * @param ordinary whether the box's root is the starting user on the host rather than root
     */
    public static List<String> notices(Config config, boolean ordinary) {
        List<String> notices = new ArrayList<>();
        for (Map.Entry<String, String> folder : folders(config, ordinary).entrySet()) {
            if (guard(folder.getKey()) == null) {
                notices.add(config.name().get() + ": other users of this host can reach " + folder.getKey()
                        + ", and could become " + folder.getValue()
                        + " by a setuid program that the box makes there: chmod 700 a folder above it");
            }
        }
        return notices;
    }

    /** The folders that keep other users away from a box's folders, as long as their modes stay the same. */
    public static List<String> guards(Config config) {
        List<String> guards = new ArrayList<>();
        for (String folder : folders(config, false).keySet()) {
            String guard = guard(folder);
            if (guard != null) {
                guards.add(guard);
            }
        }
        return guards;
    }

    /** The folders in which a box can make programs, with the user who would own these. */
    private static Map<String, String> folders(Config config, boolean ordinary) {
        Map<String, String> folders = new LinkedHashMap<>();
        RootfsPath rootfs = config.rootfs().path().get();
        boolean writable = true;
        for (Value<String> option : config.rootfs().options()) {
            writable &= !option.get().equals("ro");
        }
        if (writable) {
            folders.put(rootfs.path(), ordinary ? "you" : "root");
        }
        for (Value<MountEntry> value : config.mount().entries()) {
            MountEntry entry = value.get();
            KeptIds kept = entry.keptIds();
            boolean owns = ordinary || kept != null || entry.has("idmap=container") || !config.hasUserNamespace();
            if (entry.isBind() && owns && !entry.has("ro") && Files.isDirectory(Path.of(entry.source()))) {
                folders.put(
                        entry.source(),
                        ordinary ? "you" : kept == null || kept.uid() == 0 ? "root" : "user " + kept.uid());
            }
        }
        return folders;
    }

    /** The lowest folder on the path that not all users can enter; null if there is none. */
    private static @Nullable String guard(String folder) {
        try {
            for (Path path = Path.of(folder).toRealPath(); path != null; path = path.getParent()) {
                if (Files.getAttribute(path, "unix:mode") instanceof Integer mode && (mode & OTHERS_ENTER) == 0) {
                    return path.toString();
                }
            }
            return null;
        } catch (IOException e) {
            return folder;
        }
    }
}
