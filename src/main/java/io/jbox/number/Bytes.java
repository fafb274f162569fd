package io.jbox.number;

/** A size in bytes. */
public record Bytes(long number) {
    @Override
    public String toString() {
        return Long.toString(number);
    }
}
