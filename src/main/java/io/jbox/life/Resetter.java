package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.config.Pin;
import io.jbox.config.RootfsPath;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.state.BoxLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Removes a box's own files, so that it starts again from the layers below them. */
public final class Resetter {
    private final BoxRegistry registry;

    public Resetter(BoxRegistry registry) {
        this.registry = registry;
    }

    /** @throws JboxException if it runs, if another box uses its files, or if there are no layers below them */
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

    /**
     * Completes a reset that was killed before its last step: removes the note of which tree a box's files lie over if
     * there are no files.
     */
    static void complete(BoxRegistry registry, Config config) {
        String upper = config.rootfs().path().get().path();
        if (config.rootfs().image() == null || !isLeft(upper)) {
            return;
        }
        String name = config.name().get();
        try (BoxLock lock = BoxLock.make(registry.kernel(), registry.state(), name)) {
            // Another reset may have completed meanwhile.
            if (isLeft(upper)) {
                delete(Pin.file(upper));
            }
            registry.state().forgetIfEmpty(name, lock);
        }
    }

    /** Checked in this order, since a start makes the files before the note. */
    private static boolean isLeft(String upper) {
        return Files.exists(Path.of(Pin.file(upper)), LinkOption.NOFOLLOW_LINKS)
                && !Files.exists(Path.of(upper), LinkOption.NOFOLLOW_LINKS);
    }

    /** Removes the note of the tree below the files last: the store keeps the tree until then. */
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
        notes.forEach(Resetter::delete);
    }

    static void delete(String file) {
        try {
            Files.deleteIfExists(Path.of(file));
        } catch (IOException e) {
            throw new JboxException(file + ": " + SystemError.of(e));
        }
    }
}
