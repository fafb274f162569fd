package io.jbox.kernel;

import io.jbox.uapi.Constants;
import io.jbox.uapi.Syscall;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Restores the dumpable flag after launches by an unprivileged user. A child that shares jbox's memory makes it
 * undumpable when it changes users or enters a user namespace (PR_SET_DUMPABLE(2const)). That does not affect root, but
 * an unprivileged process could not write the id maps of its next box. So such launches run one at a time, and each
 * restores the flag at its end, when every process that shared the memory has executed a program of its own.
 */
public final class Dumpability implements AutoCloseable {
    private static final ReentrantLock LAUNCH = new ReentrantLock();

    private final Kernel kernel;
    private final boolean ordinary;
    private final long before;

    private Dumpability(Kernel kernel, boolean ordinary) {
        this.kernel = kernel;
        this.ordinary = ordinary;
        this.before = ordinary ? kernel.call(Syscall.PRCTL, Constants.PR_GET_DUMPABLE, 0, 0, 0, 0) : 0;
    }

    /** Whether this process is unprivileged. */
    public static boolean isOrdinary(Kernel kernel) {
        return !OwnProcess.isRoot(kernel);
    }

    /** Locks out other launches by an unprivileged user until it is closed. */
    public static Dumpability ofLaunch(Kernel kernel) {
        boolean ordinary = isOrdinary(kernel);
        if (ordinary) {
            LAUNCH.lock();
        }
        return new Dumpability(kernel, ordinary);
    }

    @Override
    public void close() {
        if (ordinary) {
            kernel.call(Syscall.PRCTL, Constants.PR_SET_DUMPABLE, before, 0, 0, 0);
            LAUNCH.unlock();
        }
    }
}
