package io.jbox.kernel;

/** What the kernel knows this process by. None of these calls can fail. */
public final class OwnProcess {
    private OwnProcess() {}

    /** Its id (getpid(2)). */
    public static int pid(Kernel kernel) {
        return (int) kernel.call(Syscall.GETPID);
    }

    /** Its effective user (geteuid(2)). */
    public static long user(Kernel kernel) {
        return kernel.call(Syscall.GETEUID);
    }

    /** Its effective group (getegid(2)). */
    public static long group(Kernel kernel) {
        return kernel.call(Syscall.GETEGID);
    }

    /** Its process group (getpgid(2)). */
    public static int processGroup(Kernel kernel) {
        return (int) kernel.call(Syscall.GETPGID, 0);
    }

    /** Stops it, as Ctrl-Z does; returns when somebody lets it continue (kill(2), SIGSTOP). */
    public static void stop(Kernel kernel) {
        kernel.call(Syscall.KILL, pid(kernel), Constants.SIGSTOP);
    }

    /** Whether it is root in its user namespace. */
    public static boolean isRoot(Kernel kernel) {
        return user(kernel) == 0;
    }
}
