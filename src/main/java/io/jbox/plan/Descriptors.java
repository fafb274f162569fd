package io.jbox.plan;

/** The descriptors that steps of different actors, or of different planners, share. */
public final class Descriptors {
    /** INIT reads one byte here before it goes on; end of file means that jbox died. */
    public static final Descriptor SYNC = new Descriptor("sync");

    public static final Descriptor SYNC_WRITE = new Descriptor("sync-write");
    /** Close-on-exec: its end of file tells jbox that INIT has become its program, or is dead. */
    public static final Descriptor EXEC = new Descriptor("exec");

    public static final Descriptor EXEC_READ = new Descriptor("exec-read");
    /** PID 1 of {@code run} writes the command's raw wait status here. */
    public static final Descriptor STATUS = new Descriptor("status");

    public static final Descriptor STATUS_READ = new Descriptor("status-read");
    /** The program image that becomes PID 1 of {@code run}. */
    public static final Descriptor IMAGE = new Descriptor("image");

    /** The host's end of the console. */
    public static final Descriptor MASTER = new Descriptor("master");
    /** The box's end of the console. */
    public static final Descriptor CONSOLE = new Descriptor("console");

    /** jbox's end of the pipe that a standard descriptor becomes. */
    public static Descriptor pipeOutside(int standard) {
        return new Descriptor("pipe" + standard + "-outside");
    }

    static Descriptor pipeInside(int standard) {
        return new Descriptor("pipe" + standard);
    }

    static final Descriptor CONSOLE_MOUNT = new Descriptor("console-mount");
    static final Descriptor ROOTFS = new Descriptor("rootfs");
    static final Descriptor ROOTFS_FOLDER = new Descriptor("rootfs-folder");
    static final Descriptor USERNS = new Descriptor("userns");
    static final Descriptor DEV = new Descriptor("dev");
    static final Descriptor PROC = new Descriptor("proc");
    static final Descriptor SYS = new Descriptor("sys");

    private Descriptors() {}

    static Descriptor ttyMaster(int number) {
        return new Descriptor("tty" + number + "-master");
    }

    static Descriptor ttyMount(int number) {
        return new Descriptor("tty" + number + "-mount");
    }
}
