package io.jbox.number;

import org.jspecify.annotations.Nullable;

/**
 * The number of a process in jbox's own PID namespace. It may be used again once the process has been waited for: who
 * keeps it for longer keeps the start time beside it, or a pidfd.
 */
public record Pid(int number) {
    /** What Java makes of a record's methods by itself costs each command ten milliseconds. */
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
