package io.jbox.plan;

/**
 * A file descriptor before it has a number.
 *
 * @param name unique in a plan
 */
public record Descriptor(String name) {
    @Override
    public String toString() {
        return "<" + name + ">";
    }
}
