package io.jbox.kernel;

/** Native memory at a fixed address, for one program at a time; borrowed from a {@link Kernel}. */
public interface Arena extends AutoCloseable {
    /** The empty program that the arena holds. */
    Program program();

    /** Returns the memory to the kernel, zeroed. The program must not be running any more. */
    @Override
    void close();
}
