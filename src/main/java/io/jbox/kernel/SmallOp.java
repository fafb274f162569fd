package io.jbox.kernel;

/**
 * The {@link Op}s that are not system calls: operations on the program's own memory.
 *
 * <p>With these a program writes a process id into a path or a message, and tests data from the kernel. Their results
 * are stored and branched on like those of a call.
 */
public enum SmallOp {
    /** {@code (to, from, bytes)}: copies memory. The result is 0. */
    COPY,
    /** {@code (one, other, bytes)}: compares memory. The result is 0 if it is equal, else 1. */
    COMPARE,
    /** {@code (to, number)}: adds to a 64-bit word. The result is the sum. */
    ADD,
    /**
     * {@code (to, number)}: writes an unsigned number in decimal, with a NUL after it. The result is the number of
     * digits.
     */
    DIGITS,
    /** {@code (to, from)}: copies a C string. The result is its length. */
    TEXT;

    /** The number that replaces a call's number in the op. */
    long number() {
        return -1 - ordinal();
    }
}
