package io.jbox.store;

import io.jbox.config.CommandName;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileLocks;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.PathCalls;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.uapi.Constants;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/** The upper folders of undefined boxes, which end with their command and are then removed. */
public final class EphemeralUppers {
    private static final String UPPERS = "/uppers/";
    private static final String UPPER = "/rootfs";

    private final Store store;

    public EphemeralUppers(Store store) {
        this.store = store;
    }

    /**
     * The upper folder of a box that ends with its command.
     *
     * @param folder of the store
     * @param command its name ({@link CommandName})
     */
    public static String path(String folder, String command) {
        return folder + UPPERS + command + UPPER;
    }

    /** A folder that is removed once its command has ended: by the command, or by {@link #sweep} if it was killed. */
    public static Path work(String folder, String command) {
        return Path.of(folder + UPPERS + command);
    }

    /** Whether an upper folder belongs to a box that ends with its command. */
    public boolean isOne(String upper) {
        return upper.startsWith(store.folder() + UPPERS) && upper.endsWith(UPPER);
    }

    /** The folder to remove for an upper folder. */
    public static String whole(String upper) {
        return upper.substring(0, upper.length() - UPPER.length());
    }

    /**
     * Removes the files of a box that has ended with its command.
     *
     * @param removal removes a tree of files
     */
    public void remove(String upper, Consumer<Path> removal) {
        Path whole = Path.of(whole(upper));
        try {
            Files.deleteIfExists(Path.of(store.userLink(upper)));
        } catch (IOException e) {
            throw new JboxException(store.userLink(upper) + ": " + SystemError.of(e));
        }
        if (Files.exists(whole)) {
            removal.accept(whole);
        }
    }

    /** Removes the files of boxes for which a killed jbox could not do so. */
    public void sweep(Consumer<Path> removal) {
        for (String command : store.records().list("uppers")) {
            String upper = path(store.folder(), command);
            boolean slot = !CommandName.slot(command).isEmpty();
            if (!slot && new File("/proc/" + CommandName.pid(command)).exists()) {
                continue;
            }
            // A running command holds a lock on the upper folder, or on the slot's folder. Its jbox may be in another
            // PID namespace, so its process id proves nothing.
            String path = slot ? whole(upper) : upper;
            Fd open = PathCalls.find(store.kernel(), path, Constants.O_RDONLY);
            try (Fd held = open) {
                if (held == null ? !slot : takesLock(held, path)) {
                    remove(upper, removal);
                }
            }
        }
    }

    /** Takes the lock of a folder, unless another process holds it or the folder at that path was replaced. */
    private static boolean takesLock(Fd folder, String path) {
        try {
            return FileLocks.tryTake(folder) && FileStatus.isAt(folder, path);
        } catch (KernelException e) {
            return false;
        }
    }
}
