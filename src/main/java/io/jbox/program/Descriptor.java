package io.jbox.program;

import org.jspecify.annotations.Nullable;

/**
 * A file descriptor that has no number yet.
 *
 * @param name unique in a plan
 */
public record Descriptor(String name) {
    // Written by hand, like the next: a record's own are generated at run time, at 8 ms for the first of them.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Descriptor descriptor && descriptor.name.equals(name);
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

    @Override
    public String toString() {
        return "<" + name + ">";
    }
}
