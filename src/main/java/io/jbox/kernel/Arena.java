package io.jbox.kernel;

/** Native memory at one address, for one program at a time; borrowed from a {@link Kernel}. */
public interface Arena extends AutoCloseable {
    /** The empty program that the arena holds. */
    Program program();

    /** Gives the memory back, zeroed. Nobody may be walking its program any more. */
    @Override
    void close();
}
