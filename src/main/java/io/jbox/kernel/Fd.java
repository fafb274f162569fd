package io.jbox.kernel;

import io.jbox.uapi.Constants;
import io.jbox.uapi.Syscall;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An open file descriptor, closed with this object. Descriptors that are opened through this package are not inherited
 * by programs that are executed.
 *
 * <p>Thread-safe. After it was closed or {@linkplain #release handed over}, calls on it fail with EBADF: the number may
 * be another file's by then.
 */
public final class Fd implements AutoCloseable {
    private static final int CLOSED = -1;
    /** Copies stay clear of the standard streams. */
    private static final int FIRST_COPY = 3;

    private final Kernel kernel;
    private final AtomicInteger number;
    private final boolean owned;

    private Fd(Kernel kernel, int number, boolean owned) {
        this.kernel = kernel;
        this.number = new AtomicInteger(number);
        this.owned = owned;
    }

    /** Takes over an open descriptor. */
    public static Fd of(Kernel kernel, int number) {
        return new Fd(kernel, number, true);
    }

    /** A descriptor that somebody else closes, such as standard input. */
    public static Fd borrowed(Kernel kernel, int number) {
        return new Fd(kernel, number, false);
    }

    /** Its number, for calls and for paths in /proc/self/fd; -1 after it was closed. */
    public int number() {
        return number.get();
    }

    /** Whether it has been neither closed nor handed over. */
    public boolean isOpen() {
        return number() != CLOSED;
    }

    public Kernel kernel() {
        return kernel;
    }

    /** Makes a call whose first argument it is. */
    long call(Syscall call, long... others) throws KernelException {
        long[] arguments = new long[1 + others.length];
        arguments[0] = number();
        System.arraycopy(others, 0, arguments, 1, others.length);
        return Calls.make(kernel, call, arguments);
    }

    /** Makes a call whose result is a new descriptor. */
    Fd derive(Syscall call, long... others) throws KernelException {
        return of(kernel, (int) call(call, others));
    }

    /** Hands it over: the receiver closes the result, and this object counts as closed. */
    public Fd release() {
        return new Fd(kernel, number.getAndSet(CLOSED), owned);
    }

    /** Duplicates it (fcntl(2), F_DUPFD_CLOEXEC). Both share offset, flags and locks of the open file. */
    public Fd copy() throws KernelException {
        return derive(Syscall.FCNTL, Constants.F_DUPFD_CLOEXEC, FIRST_COPY);
    }

    /** Lets reads and writes fail with EAGAIN rather than wait; for all who share the open file. */
    public void setNonBlocking() throws KernelException {
        call(Syscall.FCNTL, Constants.F_SETFL, Constants.O_NONBLOCK);
    }

    /** Closes it; does nothing the second time. */
    @Override
    public void close() {
        int last = number.getAndSet(CLOSED);
        if (owned && last != CLOSED) {
            // Whatever the result is, the kernel has closed it (close(2)).
            kernel.call(Syscall.CLOSE, last);
        }
    }

    @Override
    public String toString() {
        return "descriptor " + number();
    }
}
