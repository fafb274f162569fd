package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.config.Pin;
import io.jbox.config.RootfsPath;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes a box's own files away, so that it begins anew with what is below them. */
public final class Resetter {
    private final BoxRegistry registry;

    public Resetter(BoxRegistry registry) {
        this.registry = registry;
    }

    /** @throws JboxException if it runs, if another box uses its files, or if these lie over no others */
    public void reset(Config config) {
        String name = config.name().get();
        RootfsPath rootfs = config.rootfs().path().get();
        if (!rootfs.isOverlay()) {
            throw new JboxException(
                    name
                            + ": its root file system is neither an image nor an overlay, so there is nothing to begin anew with",
                    "jbox destroy " + name + " removes all of it");
        }
        try (StillBox still = StillBox.hold(registry, config, false)) {
            removeAll(name, rootfs, config.rootfs().image());
            if (!registry.settings().boxes().defines(name)) {
                new DevApproval(registry.projects(), registry.settings().boxes()).forget(name);
            }
        }
    }

    /** The note of what they lie over is the last to go: the store keeps the tree until then. */
    private void removeAll(String name, RootfsPath rootfs, Config.@Nullable Image image) {
        List<String> notes = new ArrayList<>(List.of(Pin.file(rootfs.path())));
        if (image != null) {
            notes.add(image.userLink());
        }
        for (String folder : List.of(rootfs.path(), rootfs.work())) {
            if (Files.exists(Path.of(folder), LinkOption.NOFOLLOW_LINKS)) {
                new TreeUsers(registry).remove(name, Path.of(folder), false);
            }
        }
        for (String file : notes) {
            try {
                Files.deleteIfExists(Path.of(file));
            } catch (IOException e) {
                throw new JboxException(file + ": " + SystemError.of(e));
            }
        }
    }
}
