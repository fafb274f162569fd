package io.jbox.kernel;

/**
 * What an {@link Op} can be beside a system call: a piece of arithmetic on the program's own memory.
 *
 * <p>With these a program writes a process id into a path or a message, and looks at what the kernel has told it. The
 * result is stored and branched on like that of a call.
 */
public enum SmallOp {
    /** {@code (to, from, bytes)}: copies memory. The result is 0. */
    COPY,
    /** {@code (one, other, bytes)}: compares memory. The result is 0 if it is the same, else 1. */
    COMPARE,
    /** {@code (to, number)}: adds to a word of 64 bits. The result is the sum. */
    ADD,
    /** {@code (to, number)}: writes an unsigned number in decimal, with a NUL behind it. The result is how many digits. */
    DIGITS,
    /** {@code (to, from)}: copies a C string. The result is its length. */
    TEXT;

    /** What stands in the op in place of a call's number. */
    long number() {
        return -1 - ordinal();
    }
}
