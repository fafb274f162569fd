package io.jbox.state;

import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.OwnProcess;
import io.jbox.kernel.PathCalls;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.uapi.Errno;
import java.io.BufferedReader;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The folder with the states of all boxes.
 *
 * <pre>
 * /run/jbox/            0711: .rootfs below it must be reachable for mapped users
 *   .pidns              the PID namespace to which all this belongs
 *   .pending/           marks of work in progress
 *   NAME/               0700, and by flock the box's lock
 *     state.json        the record, replaced atomically; exists while the box runs or is not yet cleaned up
 *     spec.json         what the box was started with, written before the record
 *     pids              the ids of monitor and init, 32 bits each, from init's execution until its end; by the monitor
 *     debts             which host programs for its end have begun and ended; exists while they run
 *     exit              init's raw wait status, 16 bits; written by the monitor
 *     memory.events     the kernel's memory counters, saved by the monitor when it removes the cgroup
 *     log               output of hooks, and background errors
 *     console.log[.1]   output on its console
 *     monitor.lock      locked while the monitor lives
 *     stay-stopped      a stop is to last: a reboot must not start the box again
 *     rebooting         locked by the process that is about to restart it
 *     console.lock      locked by the process that reads the console
 *     seccomp           the system call filter, for commands that join; exists as long as the record
 *     ns/               pins of namespaces
 *     agent/            0711, also mounted in the box: sockets of sessions that lead to the developer's ssh-agent
 * </pre>
 */
public final class StateFolder implements BoxLock.Maker {
    /** The name of a box's record in the folder of its state. */
    public static final String RECORD = "state.json";

    private static final int OTHERS_WRITE = 022;
    private static final int SHORT = 2;

    private final Kernel kernel;
    private final String path;
    private final String boot;
    private final PidNamespace namespace;

    /** @param path absolute; the folder is made at the first write */
    public StateFolder(Kernel kernel, String path) {
        this.kernel = kernel;
        this.path = path;
        this.boot = readBoot();
        this.namespace = new PidNamespace(kernel, path);
        FileStatus there = FileStatus.of(kernel, path);
        boolean ours = there == null
                || there.uid().equals(OwnProcess.user(kernel)) && (there.permissions() & OTHERS_WRITE) == 0;
        if (!ours) {
            // Records name programs that run when a box has ended: no other user may write one.
            throw new JboxException(
                    "state folder " + path + ": others can write to it",
                    "it must be yours, with mode 0711; is XDG_RUNTIME_DIR a folder of your own?");
        }
    }

    private static String readBoot() {
        try (BufferedReader in =
                new BufferedReader(new FileReader("/proc/sys/kernel/random/boot_id", StandardCharsets.US_ASCII), 64)) {
            String line = in.readLine();
            return line == null ? "" : line;
        } catch (IOException e) {
            return "";
        }
    }

    /** The id of this boot of the kernel. */
    public String boot() {
        return boot;
    }

    /** The folder that contains all boxes' folders. */
    public String root() {
        return path;
    }

    /** The folder of a box's state. */
    @Override
    public String of(String box) {
        return path + "/" + box;
    }

    /** The file of a box's record. */
    public String recordFile(String box) {
        return of(box) + "/" + RECORD;
    }

    /** The file of what a box was started with. */
    public String specFile(String box) {
        return of(box) + "/spec.json";
    }

    /** The file of {@link Debts}. */
    String debtsFile(String box) {
        return of(box) + "/debts";
    }

    /** The names of all boxes that have a folder, sorted. */
    public List<String> names() {
        return names(path);
    }

    static List<String> names(String path) {
        String[] names = new File(path).list();
        if (names == null) {
            return List.of();
        }
        Arrays.sort(names);
        List<String> boxes = new ArrayList<>();
        for (String name : names) {
            if (!name.startsWith(".")) {
                boxes.add(name);
            }
        }
        return boxes;
    }

    /**
     * Makes a box's folder if it is not there.
     *
     * @throws JboxException if it cannot be made, or other users can write to the parent folder
     */
    @Override
    public void make(String box) {
        makeRoot();
        String folder = of(box);
        try {
            makeOne(folder, 0700);
        } catch (KernelException e) {
            throw refused(folder, e);
        }
    }

    /** Makes the parent of the boxes' folders. */
    public void makeRoot() {
        try {
            File above = new File(path).getParentFile();
            try {
                makeOne(path, 0711);
            } catch (KernelException e) {
                if (!e.is(Errno.ENOENT) || above == null) {
                    throw e;
                }
                Folders.make(above);
                makeOne(path, 0711);
            }
        } catch (KernelException e) {
            throw refused(path, e);
        }
        namespace.claim();
    }

    private void makeOne(String folder, int mode) throws KernelException {
        try {
            PathCalls.makeFolder(kernel, folder, mode);
        } catch (KernelException e) {
            if (!e.is(Errno.EEXIST)) {
                throw e;
            }
        }
    }

    private static JboxException refused(String folder, KernelException e) {
        return e.about(
                "state folder " + folder + ": mkdirat",
                e.is(Errno.EACCES) || e.is(Errno.EPERM) ? Folders.hint(folder) : null);
    }

    /**
     * Reads a box's record. Needs no lock, since records are replaced atomically.
     *
     * @return null if there is none
     * @throws DamagedRecordException if the file is not a record of this box
     * @throws JboxException if the boxes belong to another PID namespace
     */
    public @Nullable BoxRecord read(String box) throws DamagedRecordException {
        String text = RecordFile.readText(recordFile(box));
        if (text == null) {
            return null;
        }
        namespace.check();
        return RecordFile.parse(recordFile(box), specFile(box), box, text);
    }

    /** Replaces a box's record, on the disk if that is where it is. The caller holds the box's lock. */
    public void write(BoxRecord record) {
        write(record, true);
    }

    /** The same without sync, for a record that is soon replaced and worthless after a crash of the host. */
    public void writeQuickly(BoxRecord record) {
        write(record, false);
    }

    private void write(BoxRecord record, boolean sync) {
        keepSpec(record.spec(), sync);
        String file = recordFile(record.spec().name());
        byte[] bytes = RecordFile.text(record.toMap()).getBytes(StandardCharsets.UTF_8);
        ReplacedFile.write(kernel, aside(record.spec().name(), record.state()), file, bytes, sync);
    }

    /** Writes the spec, unless the file already has this content, from this run or an earlier one. */
    private void keepSpec(BoxSpec spec, boolean sync) {
        String file = specFile(spec.name());
        byte[] bytes = RecordFile.text(spec.toMap()).getBytes(StandardCharsets.UTF_8);
        if (!RecordFile.has(file, bytes)) {
            ReplacedFile.write(kernel, file + ".new", file, bytes, sync);
        }
    }

    /** Removes a box's record after its cleanup. */
    public void forget(String box) {
        delete(new File(recordFile(box)));
        delete(new File(debtsFile(box)));
        delete(new File(filterFile(box)));
        forgetAsides(box);
    }

    /** Keeps the filter of system calls that a box is started with (struct sock_filter[]). */
    public void writeFilter(String box, byte[] program) {
        String file = filterFile(box);
        ReplacedFile.write(kernel, file + ".new", file, program, false);
    }

    /**
     * The filter that a box was started with.
     *
     * @throws JboxException if it no longer exists
     */
    public byte[] readFilter(String box) {
        try (FileInputStream in = new FileInputStream(filterFile(box))) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new JboxException(box + ": its filter of system calls cannot be read: " + SystemError.of(e));
        }
    }

    private File stayFile(String box) {
        return new File(of(box), "stay-stopped");
    }

    /** Whether a reboot must not start the box again. */
    public boolean isToStayStopped(String box) {
        return stayFile(box).exists();
    }

    /** Notes that a box is to stay stopped; its folder exists. */
    public void stayStopped(String box) {
        try {
            stayFile(box).createNewFile();
        } catch (IOException e) {
            throw new JboxException(stayFile(box) + ": " + SystemError.of(e));
        }
    }

    /** Takes that back. */
    public void mayStart(String box) {
        delete(stayFile(box));
    }

    /** The lock that a reboot holds from the box's end until the restart has begun or was given up. */
    public FileLock rebooting(String box) {
        return new FileLock(kernel, of(box) + "/rebooting");
    }

    /** Whether a reboot is about to start a box again. */
    public boolean isRebooting(String box) {
        return FileLock.isHeld(kernel, of(box) + "/rebooting");
    }

    /** The file of the filter of system calls. */
    public String filterFile(String box) {
        return of(box) + "/seccomp";
    }

    /** Whether a process died before it could rename a box's first record. */
    public boolean hasAside(String box) {
        return new File(aside(box, BoxState.STARTING)).exists();
    }

    /** Removes records that were never renamed; under the box's lock. */
    public void forgetAsides(String box) {
        for (BoxState state : BoxState.values()) {
            delete(new File(aside(box, state)));
        }
    }

    /** The temporary name of a record contains the state, for processes that watch the folder. */
    private String aside(String box, BoxState state) {
        return recordFile(box) + "." + state;
    }

    /** Removes a box's folder if it is empty: a process that waits for its lock makes the folder again. */
    public void forgetIfEmpty(String box, BoxLock held) {
        held.require();
        String[] names = new File(of(box)).list();
        // The agent folder may go only if it is the last entry: a running box has more files, and uses it.
        if (names != null && names.length == 1 && AgentFolder.forget(path, box)) {
            names = new File(of(box)).list();
        }
        if (names != null && names.length == 0) {
            delete(new File(of(box)));
        }
    }

    /** The same for a caller without the lock. If another process holds it, the folder stays. */
    public void forgetIfEmpty(String box) {
        try (BoxLock lock = BoxLock.tryTake(kernel, of(box))) {
            if (lock != null) {
                forgetIfEmpty(box, lock);
            }
        }
    }

    private static void delete(File file) {
        if (!file.delete() && file.exists()) {
            throw new JboxException(file + ": cannot be removed");
        }
    }

    /** The raw wait status of a box's last init, or null if the monitor could not record it. */
    public @Nullable Integer readExit(String box) {
        try (FileInputStream in = new FileInputStream(of(box) + "/exit")) {
            byte[] bytes = in.readNBytes(SHORT);
            return bytes.length < SHORT ? null : (bytes[0] & 0xff) | (bytes[1] & 0xff) << 8;
        } catch (IOException e) {
            return null;
        }
    }
}
