package io.jbox.life;

import io.jbox.kernel.Fd;
import io.jbox.kernel.FileCalls;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.NodeCalls;
import io.jbox.kernel.OwnProcess;
import io.jbox.kernel.PathCalls;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes a lock beside its configuration, atomically and with the same owner, since the folder may belong to another
 * user.
 */
public final class LockWriter {
    /** Suffix of the lock's temporary name. */
    private static final String ASIDE = ".new";

    private LockWriter() {}

    /** The temporary files of writers that are at work or were killed. */
    static List<File> asides(File lock) {
        File[] asides = lock.getAbsoluteFile()
                .getParentFile()
                .listFiles((folder, name) -> name.startsWith(lock.getName() + ".") && name.endsWith(ASIDE));
        return asides == null ? List.of() : List.of(asides);
    }

    /**
     * @param lock path of the lock
     * @param config path of its configuration
     */
    public static void write(String lock, String config, String text) {
        Kernel kernel = NativeKernel.open();
        Path file = Path.of(lock).toAbsolutePath().normalize();
        // Two processes may write the same lock at once: the last one wins.
        String aside = file.getFileName() + "." + OwnProcess.pid(kernel) + "-"
                + Thread.currentThread().getId() + ASIDE;
        try (Fd folder = PathCalls.open(kernel, String.valueOf(file.getParent()), Constants.O_PATH)) {
            removeIfThere(folder, aside);
            for (File left : asides(file.toFile())) {
                if (isOfDead(file.toFile(), left)) {
                    removeIfThere(folder, left.getName());
                }
            }
            try (Fd made = NodeCalls.makeFile(folder, aside)) {
                FileCalls.write(made, text.getBytes(StandardCharsets.UTF_8));
                FileCalls.changeMode(made, 0644);
                FileStatus owner = FileStatus.of(kernel, config);
                if (owner != null && OwnProcess.isRoot(kernel)) {
                    FileCalls.changeOwner(made, owner.uid(), owner.gid());
                }
                FileCalls.sync(made);
                PathCalls.rename(kernel, file.resolveSibling(aside).toString(), file.toString());
            } catch (KernelException e) {
                removeIfThere(folder, aside);
                throw e;
            }
        } catch (KernelException e) {
            throw e.about(lock);
        }
    }

    private static boolean isOfDead(File lock, File aside) {
        String writer = aside.getName().substring(lock.getName().length() + 1);
        int end = writer.indexOf('-');
        return end > 0 && !new File("/proc/" + writer.substring(0, end)).exists();
    }

    private static void removeIfThere(Fd folder, String name) throws KernelException {
        try {
            NodeCalls.remove(folder, name, false);
        } catch (KernelException e) {
            if (!e.is(Errno.ENOENT)) {
                throw e;
            }
        }
    }
}
