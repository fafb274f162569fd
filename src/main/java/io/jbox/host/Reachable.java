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
import java.util.List;

/**
 * Folders whose files are a box's own, and that other users of the host can come to: a setuid program that the box's root
 * makes there is one of the host's root for them, or of who started the box.
 */
public final class Reachable {
    private static final int OTHERS_ENTER = 1;

    private Reachable() {}

    /**
     * A line for each such folder of a box.
     *
     * @param ordinary whether the box's root is not the host's root there, but who starts it
     */
    public static List<String> notices(Config config, boolean ordinary) {
        List<String> notices = new ArrayList<>();
        RootfsPath rootfs = config.rootfs().path().get();
        boolean writable = true;
        for (Value<String> option : config.rootfs().options()) {
            writable &= !option.get().equals("ro");
        }
        if (writable) {
            add(rootfs.path(), config, ordinary ? "you" : "root", notices);
        }
        for (Value<MountEntry> value : config.mount().entries()) {
            MountEntry entry = value.get();
            KeptIds kept = entry.keptIds();
            boolean owns = ordinary || kept != null || entry.has("idmap=container") || !config.hasUserNamespace();
            if (entry.isBind() && owns && !entry.has("ro") && Files.isDirectory(Path.of(entry.source()))) {
                add(
                        entry.source(),
                        config,
                        ordinary ? "you" : kept == null || kept.uid() == 0 ? "root" : "user " + kept.uid(),
                        notices);
            }
        }
        return notices;
    }

    private static void add(String folder, Config config, String owner, List<String> notices) {
        if (othersComeTo(folder)) {
            notices.add(config.name().get() + ": other users of this host can reach " + folder + ", and could become "
                    + owner
                    + " by a setuid program that the box makes there: chmod 700 a folder above it");
        }
    }

    /** Whether every folder on the way lets everybody pass. */
    static boolean othersComeTo(String folder) {
        try {
            for (Path path = Path.of(folder).toRealPath(); path != null; path = path.getParent()) {
                if (Files.getAttribute(path, "unix:mode") instanceof Integer mode && (mode & OTHERS_ENTER) == 0) {
                    return false;
                }
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
