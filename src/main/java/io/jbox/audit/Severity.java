package io.jbox.audit;

/** How bad a finding is. */
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
