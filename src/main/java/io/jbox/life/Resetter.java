package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.config.Pin;
import io.jbox.config.RootfsPath;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileLocks;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.PathCalls;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.state.BoxLock;
import io.jbox.uapi.Constants;
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
        boolean known = registry.state().names().contains(name);
        registry.state().make(name);
        try (BoxLock lock = BoxLock.take(registry.kernel(), registry.state().of(name))) {
            if (registry.settler().read(name) != null) {
                throw new JboxException(name + ": is running", "jbox stop " + name);
            }
            remove(name, rootfs, config.rootfs().image());
        } finally {
            if (!known) {
                registry.state().forgetIfEmpty(name);
            }
        }
    }

    /** A command of {@code run} uses the files without a record of the box, and has them locked. */
    private void remove(String name, RootfsPath rootfs, Config.@Nullable Image image) {
        Fd upper = PathCalls.find(registry.kernel(), rootfs.path(), Constants.O_RDONLY);
        if (upper != null) {
            try (upper) {
                if (!FileLocks.tryTake(upper)) {
                    throw new JboxException(name + ": a command runs in it, on " + rootfs.path());
                }
                removeAll(name, rootfs, image);
            } catch (KernelException e) {
                throw e.about(rootfs.path());
            }
        } else {
            removeAll(name, rootfs, image);
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
