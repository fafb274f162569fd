package io.jbox.number;

import org.jspecify.annotations.Nullable;

/**
 * The number of a process in jbox's own PID namespace. It may be reused once the process has been reaped: code that
 * keeps it longer must also keep the start time, or a pidfd.
 */
public record Pid(int number) {
    /** Written out: the JVM takes ten milliseconds to make the first such method of a record. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Pid && ((Pid) other).number == number;
    }

    @Override
    public int hashCode() {
        return number;
    }

    @Override
    public String toString() {
        return Integer.toString(number);
    }
}
