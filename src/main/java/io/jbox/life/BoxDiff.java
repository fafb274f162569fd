package io.jbox.life;

import io.jbox.config.RootfsPath;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.FolderCalls;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.NodeCalls;
import io.jbox.kernel.PathCalls;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Flag;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a box has changed: its upper folder next to the layers below (overlayfs.rst). The box may change it meanwhile, and every
 * path is looked up below its layer without following a link.
 */
public final class BoxDiff implements AutoCloseable {
    private static final List<String> OPAQUE = List.of("user.overlay.opaque", "trusted.overlay.opaque");
    /** A box may nest folders as deep as it likes; what lies deeper is not told. */
    private static final int MAX_DEPTH = 512;

    private static final long RESOLVE =
            Constants.RESOLVE_IN_ROOT | Constants.RESOLVE_NO_SYMLINKS | Constants.RESOLVE_NO_XDEV;

    private final Kernel kernel;
    private final Fd upper;
    private final List<Fd> lowers = new ArrayList<>();
    private final Consumer<BoxChange> changes;

    /** @param changes is told of each change, folder by folder */
    public BoxDiff(Kernel kernel, RootfsPath rootfs, Consumer<BoxChange> changes) throws KernelException {
        this.kernel = kernel;
        this.changes = changes;
        this.upper = PathCalls.open(kernel, rootfs.path(), Constants.O_PATH);
        try {
            for (String lower : rootfs.lowers()) {
                lowers.add(PathCalls.open(kernel, lower, Constants.O_PATH));
            }
        } catch (KernelException e) {
            close();
            throw e;
        }
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
        try (Fd folder = open(upper, path.isEmpty() ? "." : path, Constants.O_RDONLY)) {
            names = FolderCalls.names(folder);
            Collections.sort(names);
            opaque = fresh || isOpaque(folder);
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

    /** @return whether it is a folder to be looked into */
    private boolean tell(String path, FileStatus status, boolean opaque) throws KernelException {
        FileStatus old = opaque ? null : below(path);
        if (status.isCharacterDevice(0, 0)) {
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
        for (Fd lower : lowers) {
            try (Fd folder = open(lower, path.isEmpty() ? "." : path, Constants.O_RDONLY)) {
                for (String name : FolderCalls.names(folder)) {
                    if (!names.contains(name)) {
                        changes.accept(new BoxChange(BoxChange.Kind.DELETED, path + "/" + name, 0));
                    }
                }
                return;
            } catch (KernelException e) {
                if (!isAbsent(e)) {
                    throw e;
                }
            }
        }
    }

    /** What the layers below have under a path; null if nothing, or a whiteout. */
    private @Nullable FileStatus below(String path) throws KernelException {
        for (Fd lower : lowers) {
            try (Fd file = PathCalls.openAt2(kernel, lower, path, Constants.O_PATH | noFollow(), 0, RESOLVE)) {
                FileStatus status = FileStatus.of(file);
                return status == null || status.isCharacterDevice(0, 0) ? null : status;
            } catch (KernelException e) {
                if (!isAbsent(e)) {
                    throw e;
                }
            }
        }
        return null;
    }

    private long noFollow() {
        return Flag.O_NOFOLLOW.value(kernel.processor());
    }

    private Fd open(Fd layer, String path, long flags) throws KernelException {
        return PathCalls.openAt2(kernel, layer, path, flags | Flag.O_DIRECTORY.value(kernel.processor()), 0, RESOLVE);
    }

    private static boolean isAbsent(KernelException e) {
        return e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR) || e.is(Errno.ELOOP);
    }

    private static boolean isOpaque(Fd folder) throws KernelException {
        for (String attribute : NodeCalls.attributes(folder)) {
            if (OPAQUE.contains(attribute)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() {
        upper.close();
        lowers.forEach(Fd::close);
    }
}
