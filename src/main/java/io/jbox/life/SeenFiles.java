package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.config.Pin;
import io.jbox.config.RootfsPath;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.problem.ChangedException;
import org.jspecify.annotations.Nullable;

/**
 * Which files a command had before it when it began: the file of a box's configuration, and what the box has of its own.
 * Until it has the box's lock, another command may destroy, rename or reset the box.
 */
final class SeenFiles {
    private final Kernel kernel;
    private final String box;
    private final String file;
    private final @Nullable FileStatus definition;
    /** The box's own overlay; null for none. */
    private final @Nullable RootfsPath overlay;

    private final @Nullable FileStatus upperStatus;
    private final @Nullable FileStatus workStatus;
    /** The note of the tree that the box's files lie over; null for no image. */
    private final @Nullable String pin;

    private final @Nullable FileStatus pinStatus;
    /** Whether the configuration was read with that note. */
    private final boolean pinned;
    /** The note whose project the box is of. */
    private final String project;

    private final @Nullable FileStatus projectStatus;

    /**
     * Looks at them.
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
        Config.Image image = config.rootfs().image();
        this.pin = overlay == null || image == null ? null : Pin.file(overlay.path());
        this.pinStatus = pin == null ? null : FileStatus.ofLink(kernel, pin);
        this.pinned = image != null && image.pinned();
        this.project = DevApproval.note(registry.settings().boxes(), box);
        this.projectStatus = FileStatus.ofLink(kernel, project);
    }

    /**
     * Looks at them again; for whoever has the box's lock.
     *
     * @throws ChangedException if they are others, or gone
     */
    void require() {
        requireDefinition();
        boolean overlayChanged = overlay != null
                && !(isSame(upperStatus, FileStatus.ofLink(kernel, overlay.path()))
                        && isSame(workStatus, FileStatus.ofLink(kernel, overlay.work())));
        // The note counts where there are files; who takes both away takes the files first.
        boolean noted = upperStatus != null && pinStatus != null && pinStatus.size() > 0;
        boolean pinChanged = pin != null && (pinned != noted || !isSame(pinStatus, FileStatus.ofLink(kernel, pin)));
        boolean projectChanged = !isSame(projectStatus, FileStatus.ofLink(kernel, project));
        if (overlayChanged || pinChanged || projectChanged) {
            throw new ChangedException(box + ": another command has just changed the box's own files", "try it again");
        }
    }

    /** The same of the configuration alone. */
    void requireDefinition() {
        FileStatus now = FileStatus.of(kernel, file);
        // The number of a file that was removed may be that of a new one.
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
