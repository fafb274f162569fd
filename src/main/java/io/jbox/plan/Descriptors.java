package io.jbox.plan;

import io.jbox.config.Namespace;
import io.jbox.program.Arg;
import io.jbox.program.Descriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The descriptors shared by steps of different actors or planners. */
public final class Descriptors {
    /** INIT reads one byte here before it continues; end of file means that jbox died. */
    public static final Descriptor SYNC = new Descriptor("sync");

    public static final Descriptor SYNC_WRITE = new Descriptor("sync-write");
    /** Close-on-exec: end of file tells jbox that INIT has executed its program, or is dead. */
    public static final Descriptor EXEC = new Descriptor("exec");

    public static final Descriptor EXEC_READ = new Descriptor("exec-read");
    /** PID 1 of {@code run} writes the command's raw wait status here. */
    public static final Descriptor STATUS = new Descriptor("status");

    public static final Descriptor STATUS_READ = new Descriptor("status-read");
    /** The program image that is executed: PID 1 of {@code run}, the monitor, or the joiner. */
    public static final Descriptor IMAGE = new Descriptor("image");

    /** The console's pseudo-terminal master. */
    public static final Descriptor MASTER = new Descriptor("master");
    /** The console's pseudo-terminal slave. */
    public static final Descriptor CONSOLE = new Descriptor("console");

    /** jbox's end of the pipe that becomes a standard descriptor. */
    public static Descriptor pipeOutside(int standard) {
        return new Descriptor("pipe" + standard + "-outside");
    }

    static Descriptor pipeInside(int standard) {
        return new Descriptor("pipe" + standard);
    }

    /** The memory with INIT's program, for the monitor to map. */
    public static final Descriptor INIT_PROGRAM = new Descriptor("init-program");
    /** The monitor writes init's raw wait status here, 16 bits. */
    public static final Descriptor EXIT = new Descriptor("exit-status");
    /** The monitor keeps the ids of itself and init here while init runs. */
    public static final Descriptor PIDS = new Descriptor("pids");
    /** Locked while the monitor lives. */
    public static final Descriptor MONITOR_LOCK = new Descriptor("monitor-lock");
    /** Locked by the process that reads the console. */
    public static final Descriptor CONSOLE_LOCK = new Descriptor("console-lock");
    /** The folder of the console's log. */
    public static final Descriptor LOG_FOLDER = new Descriptor("log-folder");

    public static final Descriptor CONSOLE_LOG = new Descriptor("console-log");
    /** The previous log file; the two swap places. */
    public static final Descriptor CONSOLE_LOG_OLD = new Descriptor("console-log-old");
    /** The log of background errors and hook output. */
    public static final Descriptor LOG = new Descriptor("log");
    /** The host's /dev/null. */
    public static final Descriptor NULL_DEVICE = new Descriptor("null");
    /** Locked so that no two boxes write to one overlay. */
    public static final Descriptor UPPER_LOCK = new Descriptor("upper-lock");
    /** Locks that keep the owners of files from being changed. */
    public static final Descriptor TREE_LOCKS = new Descriptor("tree-locks");
    /** A process of the box to be joined. */
    public static final Descriptor TARGET = new Descriptor("target");
    /** The root directory of that process. */
    public static final Descriptor TARGET_ROOT = new Descriptor("target-root");

    /** A descriptor that the caller of a namespace tool had open. */
    public static Descriptor callers(int number) {
        return new Descriptor("caller-" + number);
    }

    /** A namespace to be entered. */
    public static Descriptor namespace(Namespace namespace) {
        return new Descriptor(namespace.label() + "-namespace");
    }

    /** The cgroup.procs file of a cgroup to be joined. */
    public static Descriptor procs(int number) {
        return new Descriptor("procs" + number);
    }

    /** The new root directory of a tool. */
    public static final Descriptor NEW_ROOT = new Descriptor("new-root");
    /** The new working directory of a tool. */
    public static final Descriptor NEW_FOLDER = new Descriptor("new-folder");

    /** The box's network namespace. */
    public static final Descriptor NETNS = new Descriptor("netns");
    /** A netlink socket on the host. */
    public static final Descriptor HOST_ROUTES = new Descriptor("host");
    /** A netlink socket in the box's network. */
    public static final Descriptor BOX_ROUTES = new Descriptor("box");

    /** End of file tells a host program that the box has ended. */
    static final Descriptor TIE = new Descriptor("tie");
    /** The other end of {@link #TIE}, open for the lifetime of the box. */
    public static final Descriptor TIE_HELD = new Descriptor("tie-held");

    static final Descriptor CONSOLE_MOUNT = new Descriptor("console-mount");
    /** The tree of the root file system. */
    public static final Descriptor ROOTFS = new Descriptor("rootfs");

    static final Descriptor ROOTFS_FOLDER = new Descriptor("rootfs-folder");
    /** The box's version 2 cgroup. */
    static final Descriptor CGROUP = new Descriptor("cgroup-folder");

    static final Descriptor USERNS = new Descriptor("userns");
    static final Descriptor DEV = new Descriptor("dev");
    static final Descriptor PROC = new Descriptor("proc");
    static final Descriptor SYS = new Descriptor("sys");

    /** A pidfd of the process that jbox's child has made: the box's first process, or the command. */
    public static final Descriptor MADE = new Descriptor("made-pidfd");
    /** The first message of the exec pipe: the ids of jbox's child and of the process that it has made, 4 bytes each. */
    public static final Arg.Cell MESSAGE = new Arg.Cell("message", 8);
    /** The length of the message in bytes. */
    public static final Arg.Cell HEARD = new Arg.Cell("heard", 8);

    /** What else comes through the exec pipe: a sign of life, or the ops of a process that has failed, in part. */
    public static final Arg.Cell REPORT = new Arg.Cell("report", 4096);
    /** How many bytes of it there were. */
    public static final Arg.Cell TOLD = new Arg.Cell("told", 8);

    /** Receives the id of the process created last. */
    public static final Arg.Cell CHILD_PID = new Arg.Cell("child-pid", 8);
    /** Receives the pidfd of the process created last. */
    public static final Arg.Cell CHILD_PIDFD = new Arg.Cell("child-pidfd", 8);

    private Descriptors() {}

    /** The file through which a process enters a version 1 cgroup. */
    public static Descriptor tasks(int number) {
        return new Descriptor("tasks" + number);
    }

    /** The master of a virtual terminal. */
    public static Descriptor ttyMaster(int number) {
        return new Descriptor("tty" + number + "-master");
    }

    /** The masters of all virtual terminals that are open, the first one first. */
    public static List<Descriptor> ttyMasters(Map<Descriptor, ?> open) {
        List<Descriptor> masters = new ArrayList<>();
        while (open.containsKey(ttyMaster(masters.size() + 1))) {
            masters.add(ttyMaster(masters.size() + 1));
        }
        return masters;
    }

    /** The slave of a virtual terminal. */
    public static Descriptor tty(int number) {
        return new Descriptor("tty" + number);
    }

    static Descriptor ttyMount(int number) {
        return new Descriptor("tty" + number + "-mount");
    }
}
