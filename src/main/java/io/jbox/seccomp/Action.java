package io.jbox.seccomp;

import io.jbox.seccomp.Action.Kind;

/**
 * What the kernel does with a call (seccomp(2), SECCOMP_RET_*).
 *
 * @param errno the error of {@link Kind#ERRNO}
 */
public record Action(Kind kind, int errno) {
    static final int EPERM = 1;
    static final int ENOSYS = 38;

    public static final Action ALLOW = new Action(Kind.ALLOW, 0);

    public enum Kind {
        KILL_PROCESS(0x8000_0000),
        KILL_THREAD(0),
        TRAP(0x0003_0000),
        ERRNO(0x0005_0000),
        LOG(0x7ffc_0000),
        ALLOW(0x7fff_0000);

        private final int value;

        Kind(int value) {
            this.value = value;
        }
    }

    static Action of(Kind kind) {
        return new Action(kind, 0);
    }

    static Action errno(int number) {
        return new Action(Kind.ERRNO, number);
    }

    /** The value that a filter returns. */
    int value() {
        return kind.value | errno;
    }

    /** Whether the call is executed. */
    boolean permits() {
        return kind == Kind.ALLOW || kind == Kind.LOG;
    }

    @Override
    public String toString() {
        if (kind != Kind.ERRNO) {
            return kind.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
        }
        return errno == EPERM ? "EPERM" : errno == ENOSYS ? "ENOSYS" : "errno " + errno;
    }
}
