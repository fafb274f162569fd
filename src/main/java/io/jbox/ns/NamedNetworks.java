package io.jbox.ns;

import io.jbox.config.Namespace;
import io.jbox.kernel.Arena;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.Mounts;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.PathCalls;
import io.jbox.kernel.Program;
import io.jbox.plan.NetworkExecPlanner;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.problem.RawText;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Syscall;
import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Manages named network namespaces: files in /run/netns with namespaces mounted on them, compatible with ip-netns(8).
 */
public final class NamedNetworks {
    /** The folder of the names. */
    public static final String FOLDER = "/run/netns";

    /** ip(8)'s exit code for invalid names. */
    public static final int BAD_NAME = NetworkExecPlanner.BAD_NAME;

    private static final int FOLDER_MODE = 0755;
    private static final int MAX_NAME = 255;

    private final Kernel kernel = NativeKernel.open();

    /** All names, sorted. */
    public List<String> names() {
        String[] names = new File(FOLDER).list();
        if (names == null) {
            return List.of();
        }
        Arrays.sort(names);
        return Arrays.asList(names);
    }

    /** The file of a name, opened; null if it cannot be. */
    @Nullable
    Fd find(String name) {
        return PathCalls.find(kernel, path(name), Target.TO_READ);
    }

    /**
     * Opens a namespace.
     *
     * @param exitCode of the command if there is none
     */
    Fd openFile(String name, int exitCode) {
        try {
            return PathCalls.open(kernel, path(name), Target.TO_READ);
        } catch (KernelException e) {
            String hint = e.is(Errno.ENOENT) ? "jbox netns list" : null;
            throw new JboxException(
                    List.of(new Problem("network namespace \"" + name + "\": " + e.words(), null, hint)), exitCode);
        }
    }

    /** Its inode in the kernel's namespace file system; 0 if it is not a namespace. */
    public long inode(String name) {
        try (Fd file = find(name)) {
            FileStatus status = file == null ? null : FileStatus.of(file);
            return status == null ? 0 : status.inode();
        }
    }

    /** Returns all names of a process's network namespace. */
    public List<String> identify(String process) {
        FileStatus own = FileStatus.of(kernel, "/proc/" + process + "/ns/net");
        if (own == null) {
            throw new JboxException("process " + process + ": its network namespace cannot be read");
        }
        List<String> names = new ArrayList<>();
        for (String name : names()) {
            FileStatus named = FileStatus.of(kernel, path(name));
            if (named != null && named.isSameAs(own)) {
                names.add(name);
            }
        }
        return names;
    }

    /** The processes in a namespace. */
    public List<ProcessEntry> processes(String name) {
        openFile(name, JboxException.FAILED).close();
        long id = inode(name);
        List<ProcessEntry> inside = new ArrayList<>();
        for (ProcessEntry process : new ProcessScan(kernel).read()) {
            if (process.namespace(Namespace.NET) == id) {
                inside.add(process);
            }
        }
        return inside;
    }

    /** Makes a new named network namespace. */
    public void add(String name) {
        create(name);
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            String own = "/proc/thread-self/ns/net";
            Op stay = program.op(Syscall.OPENAT, Constants.AT_FDCWD, program.text(own), Constants.O_CLOEXEC)
                    .onNegative(0);
            Op unshare = program.op(Syscall.UNSHARE, Constants.CLONE_NEWNET).onNegative(0);
            Op mount = mount(program, own, path(name), Constants.MS_BIND);
            Op back = program.op(Syscall.SETNS, 0, Constants.CLONE_NEWNET).next(0);
            stay.store(back.argumentAddress(0));
            kernel.walk(stay.address());
            if (mount.result() < 0 || unshare.result() < 0 || stay.result() < 0) {
                forget(name);
            }
            check(stay.result(), own);
            kernel.call(Syscall.CLOSE, stay.result());
            check(unshare.result(), "a new network namespace");
            check(back.result(), "the way back to the own network namespace");
            check(mount.result(), "mount on " + path(name));
        }
    }

    /** Names the network namespace of a process. */
    public void attach(String name, int pid) {
        Target target = new Target(pid);
        try (Fd file = target.open("ns/net")) {
            create(name);
            Mounts.bind(kernel, "/proc/self/fd/" + file.number(), path(name));
        } catch (KernelException e) {
            forget(name);
            throw refused("mount on " + path(name), e);
        }
    }

    /** Removes a name. The namespace disappears with it unless something else keeps it. */
    public void delete(String name) {
        try {
            remove(name);
        } catch (KernelException e) {
            throw e.about(path(name), e.is(Errno.ENOENT) ? "jbox netns list" : null);
        }
    }

    private void remove(String name) throws KernelException {
        String file = path(name);
        try {
            Mounts.detach(kernel, file);
        } catch (KernelException e) {
            // Nothing is mounted there: the file is removed all the same, or it says what is wrong.
            PathCalls.remove(kernel, file);
            return;
        }
        PathCalls.remove(kernel, file);
    }

    /** Removes a name that has come to nothing. */
    private void forget(String name) {
        try {
            remove(name);
        } catch (KernelException e) {
            // What went wrong before it is what is said.
            return;
        }
    }

    /**
     * What keeps a namespace alive: processes in it first, then mounts, descriptors and other namespaces; empty if it
     * is gone.
     *
     * @param inode of it
     */
    public List<String> holders(long inode) {
        NamespaceTable table = new NamespaceTable();
        table.addPersistent();
        List<String> holders = new ArrayList<>();
        NamespaceEntry entry = table.namespace(inode);
        if (entry != null) {
            for (ProcessEntry process : entry.processes()) {
                holders.add("process " + process.pid() + " (" + process.name() + ")");
            }
            holders.addAll(entry.holders());
        }
        return holders;
    }

    /**
     * Makes an empty file to mount on. The folder is made a mount point if necessary, and shared with other mount
     * namespaces, so that a name deleted in one is deleted in all.
     */
    private void create(String name) {
        String file = path(name);
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long folder = program.text(FOLDER);
            Op begin = program.op(Syscall.MKDIRAT, Constants.AT_FDCWD, folder, FOLDER_MODE);
            Op open = program.op(Syscall.OPENAT, Constants.AT_FDCWD, folder, Constants.O_CLOEXEC)
                    .onNegative(0);
            // iproute2 takes the same lock.
            Op lock = program.op(Syscall.FLOCK, 0, Constants.LOCK_EX);
            open.store(lock.argumentAddress(0));
            Op share = mount(program, "none", FOLDER, Constants.MS_SHARED | Constants.MS_REC);
            mount(program, FOLDER, FOLDER, Constants.MS_BIND | Constants.MS_REC);
            Op again = mount(program, "none", FOLDER, Constants.MS_SHARED | Constants.MS_REC);
            share.onZero(program.next());
            Op make = program.op(
                            Syscall.OPENAT,
                            Constants.AT_FDCWD,
                            program.text(file),
                            Constants.O_CREAT | Constants.O_EXCL | Constants.O_CLOEXEC,
                            0)
                    .next(0);
            kernel.walk(begin.address());
            check(open.result(), FOLDER);
            kernel.call(Syscall.CLOSE, open.result());
            check(share.result() == 0 ? 0 : again.result(), FOLDER + ": share its mounts");
            check(make.result(), file);
            kernel.call(Syscall.CLOSE, make.result());
        }
    }

    private static Op mount(Program program, String source, String target, int flags) {
        return program.op(Syscall.MOUNT, program.text(source), program.text(target), program.text("none"), flags, 0);
    }

    private static void check(long result, String subject) {
        if (result < 0) {
            throw refused(subject, new KernelException((int) -result));
        }
    }

    private static JboxException refused(String subject, KernelException e) {
        return e.about(subject, e.is(Errno.EPERM) || e.is(Errno.EACCES) ? "this needs root" : null);
    }

    /** The file of a name. */
    static String path(String name) {
        boolean bad = name.isEmpty() || name.indexOf('/') >= 0 || name.equals(".") || name.equals("..");
        // Java's replacement for bytes that are not UTF-8: such a name could stand for another.
        bad |= name.indexOf('\ufffd') >= 0 || RawText.isRaw(name);
        if (bad || name.length() > MAX_NAME) {
            throw new JboxException(
                    List.of(new Problem(
                            "network namespace \"" + name + "\": is not a file name, or not UTF-8", null, null)),
                    BAD_NAME);
        }
        return FOLDER + "/" + name;
    }
}
