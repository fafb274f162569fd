package io.jbox.seccomp;

import java.util.List;

/** A way of making system calls, with numbers of its own (AUDIT_ARCH_* of linux/audit.h). */
public enum Abi {
    X86_64(0xc000_003e, "x86_64", "SCMP_ARCH_X86_64"),
    I386(0x4000_0003, "x86", "SCMP_ARCH_X86"),
    AARCH64(0xc000_00b7, "arm64", "SCMP_ARCH_AARCH64");

    private final int audit;
    private final String lxcName;
    private final String ociName;

    Abi(int audit, String lxcName, String ociName) {
        this.audit = audit;
        this.lxcName = lxcName;
        this.ociName = ociName;
    }

    /** The number that the kernel tells a filter. */
    int audit() {
        return audit;
    }

    /** As a section of LXC's format. */
    String lxcName() {
        return lxcName;
    }

    /** As libseccomp writes it. */
    String ociName() {
        return ociName;
    }

    /**
     * Those that a processor's kernel may have and whose calls we know.
     *
     * @param processor as uname -m has it
     */
    static List<Abi> of(String processor) {
        return processor.equals("x86_64") ? List.of(X86_64, I386) : List.of(AARCH64);
    }
}
