package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.config.Pin;
import io.jbox.config.RootfsPath;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.problem.ChangedException;
import io.jbox.store.Store;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The files that a command saw when it began: a box's configuration and its own files. Until the command holds the
 * box's lock, another one may destroy, rename or reset the box.
 */
final class SeenFiles {
    private final Kernel kernel;
    private final String box;
    private final String file;
    private final @Nullable FileStatus definition;
    /** The box's overlay; null for none. */
    private final @Nullable RootfsPath overlay;

    private final @Nullable FileStatus upperStatus;
    private final @Nullable FileStatus workStatus;
    private final Config.@Nullable Image image;
    /** The file that notes which tree the box's files lie over; null if there are none. */
    private final @Nullable String pin;
    /** The note that says to which project the box belongs. */
    private final String project;

    private final @Nullable FileStatus projectStatus;

    /**
     * Reads the state of the files.
     *
     * @param file that the configuration was read from
     */
    SeenFiles(BoxRegistry registry, Config config, String file) {
        this.kernel = registry.kernel();
        this.box = config.name().get();
        this.file = file;
        this.definition = FileStatus.of(kernel, file);
        RootfsPath rootfs = config.rootfs().path().get();
        this.overlay = rootfs.isOverlay() ? rootfs : null;
        this.upperStatus = overlay == null ? null : FileStatus.ofLink(kernel, overlay.path());
        this.workStatus = overlay == null ? null : FileStatus.ofLink(kernel, overlay.work());
        this.image = overlay == null ? null : config.rootfs().image();
        this.pin = pin();
        this.project = DevApproval.note(registry.settings().boxes(), box);
        this.projectStatus = FileStatus.ofLink(kernel, project);
    }

    /**
     * Checks the files again. The caller holds the box's lock.
     *
     * @throws ChangedException if files were replaced or removed
     */
    void require() {
        requireDefinition();
        boolean overlayChanged = overlay != null
                && !(isSame(upperStatus, FileStatus.ofLink(kernel, overlay.path()))
                        && isSame(workStatus, FileStatus.ofLink(kernel, overlay.work())));
        // The configuration was read before the first look.
        boolean pinChanged = image != null
                && (image.pinned() != (pin != null && pin.startsWith(image.tree())) || !Objects.equals(pin, pin()));
        boolean projectChanged = !isSame(projectStatus, FileStatus.ofLink(kernel, project));
        if (overlayChanged || pinChanged || projectChanged) {
            throw new ChangedException(box + ": another command has just changed the box's own files", "try it again");
        }
    }

    private @Nullable String pin() {
        if (image == null || overlay == null) {
            return null;
        }
        Pin found = Store.of(kernel, image).pin(overlay.path());
        return found == null ? null : found.text();
    }

    /** The same for the configuration alone. */
    void requireDefinition() {
        FileStatus now = FileStatus.of(kernel, file);
        // A new file may get the inode number of a removed one.
        boolean same = definition != null
                && now != null
                && definition.isSameAs(now)
                && definition.size() == now.size()
                && definition.mtime() == now.mtime();
        if (!same) {
            throw new ChangedException(box + ": " + file + " has just been removed, renamed or replaced", null);
        }
    }

    private static boolean isSame(@Nullable FileStatus one, @Nullable FileStatus other) {
        return one == null ? other == null : other != null && one.isSameAs(other);
    }
}
