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
 * The folder that the folders of all boxes' states are in.
 *
 * <pre>
 * /run/jbox/            0711: .rootfs below it must be reachable for mapped users
 *   .pidns              the PID namespace that all this is of
 *   .pending/           what commands are at work on
 *   NAME/               0700, and by flock the box's lock
 *     state.json        the record, replaced as a whole; there is one as long as anything is owed to the box
 *     spec.json         what the box was started with, written before the record
 *     pids              the ids of monitor and init, 32 bits each, from init's execution until its end; by the monitor
 *     debts             which of the host's programs have begun and ended because it has ended; while they run
 *     exit              init's raw wait status, 16 bits; written by the monitor
 *     memory.events     what the kernel counted of its memory, kept by the monitor when the cgroup goes
 *     log               what hooks print, and what goes wrong behind the user's back
 *     console.log[.1]   what the box said on its console
 *     monitor.lock      locked while the monitor lives
 *     stay-stopped      somebody wants it stopped until somebody starts it: no reboot does
 *     rebooting         locked by who is about to start it again
 *     console.lock      locked by who reads from the console
 *     seccomp           the filter of system calls, for commands that join; as long as there is a record
 *     ns/               pins of namespaces
 *     agent/            0711, in the box, too: sockets of sessions that lead to the developer's ssh-agent
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

    /** @param path absolute; made when something is first written */
    public StateFolder(Kernel kernel, String path) {
        this.kernel = kernel;
        this.path = path;
        this.boot = readBoot();
        this.namespace = new PidNamespace(kernel, path);
        FileStatus there = FileStatus.of(kernel, path);
        boolean ours = there == null
                || there.uid().equals(OwnProcess.user(kernel)) && (there.permissions() & OTHERS_WRITE) == 0;
        if (!ours) {
            // Records say what runs when a box has ended: nobody else may write one.
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

    /** This run of the kernel. */
    public String boot() {
        return boot;
    }

    /** The folder that those of all boxes are in. */
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

    /** The names of all boxes that there is a folder of, sorted. */
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
     * @throws JboxException if it cannot be made, or the folder above is one that others can write to
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

    /** Makes the folder above those of the boxes. */
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
     * Reads a box's record. Needs no lock, for records are replaced as a whole.
     *
     * @return null if there is none
     * @throws DamagedRecordException if the file is not a record of this box
     * @throws JboxException if the boxes are those of another PID namespace
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

    /** The same for a record that means nothing once this host has crashed, and that another follows at once. */
    public void writeQuickly(BoxRecord record) {
        write(record, false);
    }

    private void write(BoxRecord record, boolean sync) {
        keepSpec(record.spec(), sync);
        String file = recordFile(record.spec().name());
        byte[] bytes = RecordFile.text(record.toMap()).getBytes(StandardCharsets.UTF_8);
        ReplacedFile.write(kernel, aside(record.spec().name(), record.state()), file, bytes, sync);
    }

    /** Writes what the box was started with, unless that is what is there: of an earlier run, or of this one. */
    private void keepSpec(BoxSpec spec, boolean sync) {
        String file = specFile(spec.name());
        byte[] bytes = RecordFile.text(spec.toMap()).getBytes(StandardCharsets.UTF_8);
        if (!RecordFile.has(file, bytes)) {
            ReplacedFile.write(kernel, file + ".new", file, bytes, sync);
        }
    }

    /** Takes a box's record away: nothing is owed to it any more. */
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
     * @throws JboxException if it is not there any more
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

    /** Whether a reboot of the box is no start any more. */
    public boolean isToStayStopped(String box) {
        return stayFile(box).exists();
    }

    /** Says that a box is to stay stopped; there is a folder of it. */
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

    /** What is held from a box's end by a reboot until it is started again, or is not. */
    public FileLock rebooting(String box) {
        return new FileLock(kernel, of(box) + "/rebooting");
    }

    /** Whether somebody is about to start a box again. */
    public boolean isRebooting(String box) {
        return FileLock.isHeld(kernel, of(box) + "/rebooting");
    }

    /** The file of the filter of system calls. */
    public String filterFile(String box) {
        return of(box) + "/seccomp";
    }

    /** Whether somebody has died before a first record came to its name. */
    public boolean hasAside(String box) {
        return new File(aside(box, BoxState.STARTING)).exists();
    }

    /** Takes away what never came to be a record. The caller holds the box's lock. */
    public void forgetAsides(String box) {
        for (BoxState state : BoxState.values()) {
            delete(new File(aside(box, state)));
        }
    }

    /** Under a name with the state in it, for who watches the folder. */
    private String aside(String box, BoxState state) {
        return recordFile(box) + "." + state;
    }

    /** Takes a box's folder away if nothing is in it, under the box's lock: who waits for that makes the folder anew. */
    public void forgetIfEmpty(String box, BoxLock held) {
        held.require();
        String[] names = new File(of(box)).list();
        // Of a box that runs, more is left: it has that folder, too.
        if (names != null && names.length == 1 && AgentFolder.forget(path, box)) {
            names = new File(of(box)).list();
        }
        if (names != null && names.length == 0) {
            delete(new File(of(box)));
        }
    }

    /** The same for who does not have the lock; where somebody else has it, the folder is that one's. */
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
