package io.jbox.host;

import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.PathCalls;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Flag;
import org.jspecify.annotations.Nullable;

/** Opens files that need more control than a stream offers. */
public final class OpenFile {
    private OpenFile() {}

    /** Opens a file of a state folder for reading and writing, making it if need be. */
    public static Fd make(Kernel kernel, String path) throws KernelException {
        long flags = Constants.O_RDWR | Constants.O_CREAT | Flag.O_NOFOLLOW.value(kernel.processor());
        return PathCalls.create(kernel, path, flags, 0600);
    }

    /**
     * Opens a path in a box, which is untrusted: symbolic links resolve inside the box, magic links and mounts of proc
     * are refused (openat2(2)).
     *
     * @param root the box's root
     * @return null if it is not there, or cannot be opened
     */
    public static @Nullable Fd inRoot(Kernel kernel, Fd root, String path, long flags) {
        try {
            return PathCalls.openAt2(
                    kernel, root, path, flags, 0, Constants.RESOLVE_IN_ROOT | Constants.RESOLVE_NO_MAGICLINKS);
        } catch (KernelException e) {
            return null;
        }
    }
}
