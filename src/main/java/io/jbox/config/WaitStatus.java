package io.jbox.config;

/** Interprets raw wait statuses (wait(2)). */
public final class WaitStatus {
    private static final int SIGNAL_MASK = 0x7f;

    private WaitStatus() {}

    /** The exit code as in shells: that of the process, or 128 + the signal's number. */
    public static int exitCode(int status) {
        int signal = status & SIGNAL_MASK;
        return signal == 0 ? status >> 8 & 0xff : 128 + signal;
    }

    /** Describes a status: {@code exit code 3}, {@code killed by SIGTERM}. */
    public static String describe(int status) {
        int signal = status & SIGNAL_MASK;
        return signal == 0 ? "exit code " + (status >> 8 & 0xff) : "killed by " + new Signal(signal);
    }
}
