package io.jbox.state;

import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.number.Pid;
import io.jbox.problem.JboxException;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Marks work in progress by an empty file {@code .pending/PID.START.BOX} in the state folder, locked while a command
 * creates, starts or runs something. A file of a dead process tells the next command to clean up.
 */
public final class PendingWork implements AutoCloseable {
    private static final String FOLDER = ".pending";
    private static final int PARTS = 3;

    private final File file;
    private final FileLock lock;

    private PendingWork(File file, FileLock lock) {
        this.file = file;
        this.lock = lock;
    }

    /** Marks that this process works on a box; close it when the work is done or undone. */
    public static PendingWork begin(Kernel kernel, StateFolder folder, String box) {
        folder.makeRoot();
        File pending = new File(folder.root(), FOLDER);
        Folders.make(pending);
        ProcessId self = ProcessId.find(OwnProcess.pid(kernel));
        long start = self == null ? 0 : self.start();
        int pid = self == null ? 0 : self.pid().number();
        File file = new File(pending, pid + "." + start + "." + box);
        return new PendingWork(file, new FileLock(kernel, file.getPath()));
    }

    /** Work that a dead process has left. */
    public record Left(File file, String box) {
        /** Removes the mark after the cleanup. */
        public void forget() {
            if (!file.delete() && file.exists()) {
                throw new JboxException(file + ": cannot be removed");
            }
        }
    }

    /**
     * The unfinished work of dead processes.
     *
     * @param root the state folder
     */
    public static List<Left> left(Kernel kernel, String root) {
        File pending = new File(root, FOLDER);
        String[] names = pending.list();
        List<Left> left = new ArrayList<>();
        for (String name : names == null ? new String[0] : names) {
            String[] parts = name.split("\\.", PARTS);
            ProcessId process = parts.length < PARTS ? null : process(parts);
            if (process != null && !process.isAlive() && !FileLock.isHeld(kernel, pending + "/" + name)) {
                left.add(new Left(new File(pending, name), parts[2]));
            }
        }
        return left;
    }

    /** Whether there may be unfinished work of dead processes. */
    public static boolean isAnyLeft(String root) {
        return !left(NativeKernel.open(), root).isEmpty();
    }

    /**
     * The file that a compiled command locks while it uses a slot. It is never removed, so that all commands lock the
     * same file.
     *
     * @param root the state folder
     */
    public static String slotFile(String root, String slot, String box) {
        return root + "/" + FOLDER + "/" + slot + ".0." + box;
    }

    /** Whether a compiled command is using a slot. */
    public static boolean isSlotTaken(Kernel kernel, String root, String slot, String box) {
        return FileLock.isHeld(kernel, slotFile(root, slot, box));
    }

    /** Whether a command works on a box. */
    public static boolean isGoingOn(Kernel kernel, String root, String box) {
        String[] names = new File(root, FOLDER).list();
        for (String name : names == null ? new String[0] : names) {
            String[] parts = name.split("\\.", PARTS);
            if (parts.length == PARTS
                    && parts[2].equals(box)
                    && FileLock.isHeld(kernel, root + "/" + FOLDER + "/" + name)) {
                return true;
            }
        }
        return false;
    }

    /** Whether any command is at work, in any PID namespace. */
    static boolean isAnyGoingOn(Kernel kernel, String root) {
        String[] names = new File(root, FOLDER).list();
        for (String name : names == null ? new String[0] : names) {
            if (FileLock.isHeld(kernel, root + "/" + FOLDER + "/" + name)) {
                return true;
            }
        }
        return false;
    }

    private static @Nullable ProcessId process(String[] parts) {
        try {
            return new ProcessId(new Pid(Integer.parseInt(parts[0])), Long.parseLong(parts[1]));
        } catch (NumberFormatException e) {
            return null;
        }
    }

    @Override
    public void close() {
        try (lock) {
            if (!file.delete() && file.exists()) {
                throw new JboxException(file + ": cannot be removed");
            }
        }
    }
}
