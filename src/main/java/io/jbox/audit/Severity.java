package io.jbox.audit;

/**
 * The severity of a finding: what the box could do to the host, and with which exit code {@code jbox audit} reports it.
 */
public enum Severity {
    /** For information only. */
    INFO(0),
    /** It could exhaust or disturb something. */
    LOW(3),
    /** One defence is missing: a single further fault would be enough. */
    MEDIUM(4),
    /** It gives access to the host. */
    HIGH(5);

    private final int exitCode;

    Severity(int exitCode) {
        this.exitCode = exitCode;
    }

    /** The command's exit code if nothing is worse. */
    public int exitCode() {
        return exitCode;
    }
}
