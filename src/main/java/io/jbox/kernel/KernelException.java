package io.jbox.kernel;

import io.jbox.problem.JboxException;
import io.jbox.uapi.Errno;
import org.jspecify.annotations.Nullable;

/**
 * The kernel has refused a call. Checked, because every caller must say what a refusal means to it: something is absent,
 * somebody else was first, or the error is the user's to see ({@link #about}).
 */
public final class KernelException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int errno;

    /** @param errno positive */
    public KernelException(int errno) {
        // Without a stack trace, which would cost more than the call.
        super(Errno.describe(errno), null, false, false);
        this.errno = errno;
    }

    /** The error's number, positive. */
    public int errno() {
        return errno;
    }

    /** Whether it is a certain error of {@link Errno}. */
    public boolean is(int number) {
        return errno == number;
    }

    /** Meaning and name, such as {@code Operation not permitted (EPERM)}. */
    public String words() {
        return Errno.describe(errno);
    }

    /**
     * The same as an error for people.
     *
     * @param subject what could not be done, or what it could not be done to
     */
    public JboxException about(String subject) {
        return about(subject, null);
    }

    /**
     * The same with advice.
     *
     * @param hint null for none
     */
    public JboxException about(String subject, @Nullable String hint) {
        return new JboxException(subject + ": " + words(), hint);
    }
}
