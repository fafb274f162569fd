package io.jbox.kernel;

import io.jbox.number.HostGid;
import io.jbox.number.HostUid;
import io.jbox.number.Pid;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Syscall;

/** What the kernel knows this process by. None of these calls can fail. */
public final class OwnProcess {
    private static final int CAPABILITIES = 24;

    private OwnProcess() {}

    /** Its id (getpid(2)). */
    public static Pid pid(Kernel kernel) {
        return new Pid((int) kernel.call(Syscall.GETPID));
    }

    /** Its effective user (geteuid(2)). */
    public static HostUid user(Kernel kernel) {
        return new HostUid(kernel.call(Syscall.GETEUID));
    }

    /** Its effective group (getegid(2)). */
    public static HostGid group(Kernel kernel) {
        return new HostGid(kernel.call(Syscall.GETEGID));
    }

    /** Its process group (getpgid(2)). */
    public static int processGroup(Kernel kernel) {
        return (int) kernel.call(Syscall.GETPGID, 0);
    }

    /** Stops it, as Ctrl-Z does; returns when somebody lets it continue (kill(2), SIGSTOP). */
    public static void stop(Kernel kernel) {
        kernel.call(Syscall.KILL, pid(kernel).number(), Constants.SIGSTOP);
    }

    /** Its capabilities as capget(2) has them: effective, permitted and inheritable, 32 bits each, then the upper ones. */
    public static byte[] capabilities(Kernel kernel) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long data = program.space(CAPABILITIES);
            long header = program.words(Constants._LINUX_CAPABILITY_VERSION_3);
            kernel.walk(program.op(Syscall.CAPGET, header, data).next(0).address());
            return program.read(data, CAPABILITIES);
        }
    }

    /** Whether it is root in its user namespace. */
    public static boolean isRoot(Kernel kernel) {
        return user(kernel).equals(HostUid.ROOT);
    }
}
