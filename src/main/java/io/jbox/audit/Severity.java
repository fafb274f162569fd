package io.jbox.audit;

/** How bad a finding is. */
public enum Severity {
    /** Good to know. */
    INFO(0),
    /** It could use up or disturb something. */
    LOW(3),
    /** A defence less: another fault somewhere would be enough. */
    MEDIUM(4),
    /** It can get at the host. */
    HIGH(5);

    private final int exitCode;

    Severity(int exitCode) {
        this.exitCode = exitCode;
    }

    /** What the command ends with if nothing is worse. */
    public int exitCode() {
        return exitCode;
    }
}
