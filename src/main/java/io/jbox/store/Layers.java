package io.jbox.store;

import io.jbox.config.RootfsPath;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.NodeCalls;
import io.jbox.kernel.PathCalls;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Flag;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The folders that a root file system consists of: an overlay's upper folder and those below it (overlayfs.rst), or one folder
 * alone. A box may change its own while they are read, so every path is looked up below its layer, and no link is followed.
 */
public final class Layers implements AutoCloseable {
    private static final List<String> OPAQUE = List.of("user.overlay.opaque", "trusted.overlay.opaque");
    private static final long RESOLVE =
            Constants.RESOLVE_IN_ROOT | Constants.RESOLVE_NO_SYMLINKS | Constants.RESOLVE_NO_XDEV;

    private final Kernel kernel;
    private final List<Fd> folders = new ArrayList<>();

    public Layers(Kernel kernel, RootfsPath rootfs) throws KernelException {
        this.kernel = kernel;
        for (String path : rootfs.layers()) {
            try {
                folders.add(PathCalls.open(kernel, path, Constants.O_PATH));
            } catch (KernelException e) {
                close();
                throw e.about(path);
            }
        }
    }

    /** How many there are; 0 is the uppermost. */
    public int count() {
        return folders.size();
    }

    /**
     * Opens a file of a layer.
     *
     * @param path relative to the layer; empty for its root
     */
    public Fd open(int layer, String path, long flags) throws KernelException {
        return PathCalls.openAt2(
                kernel,
                folders.get(layer),
                path.isEmpty() ? "." : path,
                flags | Flag.O_NOFOLLOW.value(kernel.processor()),
                0,
                RESOLVE);
    }

    /** Opens a folder of a layer, to list it. */
    public Fd openFolder(int layer, String path) throws KernelException {
        return open(layer, path, Constants.O_RDONLY | Flag.O_DIRECTORY.value(kernel.processor()));
    }

    /** What a layer has under a path; null if nothing. */
    public @Nullable FileStatus find(int layer, String path) throws KernelException {
        try (Fd file = open(layer, path, Constants.O_PATH)) {
            return FileStatus.of(file);
        } catch (KernelException e) {
            if (isAbsent(e)) {
                return null;
            }
            throw e;
        }
    }

    /** Whether an error says that there is no file of that path. */
    public static boolean isAbsent(KernelException e) {
        return e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR) || e.is(Errno.ELOOP);
    }

    /** Whether a file is a whiteout, which hides the file of the same name in lower layers. */
    public static boolean isWhiteout(FileStatus status) {
        return status.isCharacterDevice(0, 0);
    }

    /** Whether a folder hides all that lower layers have in it. */
    public static boolean isOpaque(Fd folder) throws KernelException {
        for (String attribute : NodeCalls.attributes(folder)) {
            if (OPAQUE.contains(attribute)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() {
        folders.forEach(Fd::close);
    }
}
