package io.jbox.kernel;

import java.util.concurrent.locks.ReentrantLock;

/**
 * A process that shares our memory makes it undumpable when it changes users or enters a user namespace
 * (PR_SET_DUMPABLE(2const)). Root does not mind; an ordinary user's process could not write the id maps of its next box then. So such launches happen one at a time,
 * and each ends with the memory as dumpable as before: whoever shares it has become a program of its own.
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

    /** Whether this process is not root's. */
    public static boolean isOrdinary(Kernel kernel) {
        return kernel.call(Syscall.GETEUID) != 0;
    }

    /** To be closed when the launch is over. */
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
