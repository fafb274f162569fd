package io.jbox.life;

import io.jbox.config.RootfsPath;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.FolderCalls;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.store.Layers;
import io.jbox.uapi.Constants;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a box has changed: its upper folder next to the layers below (overlayfs.rst). The box may change it meanwhile.
 */
public final class BoxDiff implements AutoCloseable {
    /** A box may nest folders to any depth; changes below this depth are not reported. */
    private static final int MAX_DEPTH = 512;

    private final Layers layers;
    private final Consumer<BoxChange> changes;

    /** @param changes receives each change, folder by folder */
    public BoxDiff(Kernel kernel, RootfsPath rootfs, Consumer<BoxChange> changes) throws KernelException {
        this.layers = new Layers(kernel, rootfs);
        this.changes = changes;
    }

    public void run() throws KernelException {
        folder("", false, 0);
    }

    /** @param fresh whether nothing below shows through */
    private void folder(String path, boolean fresh, int depth) throws KernelException {
        if (depth > MAX_DEPTH) {
            return;
        }
        List<String> names;
        boolean opaque;
        List<String> folders = new ArrayList<>();
        try (Fd folder = layers.openFolder(0, path)) {
            names = FolderCalls.names(folder);
            Collections.sort(names);
            opaque = fresh || Layers.isOpaque(folder);
            for (String name : names) {
                FileStatus status = FileStatus.at(folder, name);
                if (status != null && tell(path.isEmpty() ? name : path + "/" + name, status, opaque)) {
                    folders.add(name);
                }
            }
        }
        if (opaque && !fresh) {
            tellRemoved(path, names);
        }
        for (String name : folders) {
            String below = path.isEmpty() ? name : path + "/" + name;
            FileStatus old = opaque ? null : below(below);
            folder(below, old == null || !old.isFolder(), depth + 1);
        }
    }

    /** @return whether it is a folder to descend into */
    private boolean tell(String path, FileStatus status, boolean opaque) throws KernelException {
        FileStatus old = opaque ? null : below(path);
        if (Layers.isWhiteout(status)) {
            if (old != null) {
                changes.accept(new BoxChange(BoxChange.Kind.DELETED, path, 0));
            }
            return false;
        }
        boolean same = status.isFolder()
                && old != null
                && old.isFolder()
                && old.permissions() == status.permissions()
                && old.uid().equals(status.uid())
                && old.gid().equals(status.gid());
        if (!same) {
            BoxChange.Kind kind = old == null ? BoxChange.Kind.ADDED : BoxChange.Kind.MODIFIED;
            changes.accept(new BoxChange(kind, path, status.type() == Constants.S_IFREG ? status.size() : 0));
        }
        return status.isFolder();
    }

    /** A folder that was removed and made again hides what was in it. */
    private void tellRemoved(String path, List<String> names) throws KernelException {
        for (int lower = 1; lower < layers.count(); lower++) {
            try (Fd folder = layers.openFolder(lower, path)) {
                for (String name : FolderCalls.names(folder)) {
                    if (!names.contains(name)) {
                        changes.accept(new BoxChange(BoxChange.Kind.DELETED, path + "/" + name, 0));
                    }
                }
                return;
            } catch (KernelException e) {
                if (!Layers.isAbsent(e)) {
                    throw e;
                }
            }
        }
    }

    /** What the layers below have under a path; null if nothing, or a whiteout. */
    private @Nullable FileStatus below(String path) throws KernelException {
        for (int lower = 1; lower < layers.count(); lower++) {
            FileStatus status = layers.find(lower, path);
            if (status != null) {
                return Layers.isWhiteout(status) ? null : status;
            }
        }
        return null;
    }

    @Override
    public void close() {
        layers.close();
    }
}
