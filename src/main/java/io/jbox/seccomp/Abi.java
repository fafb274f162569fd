package io.jbox.seccomp;

import java.util.List;

/** A system call ABI with its own call numbers (AUDIT_ARCH_* of linux/audit.h). */
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

    /** The kernel's number of the ABI in a filter's input. */
    int audit() {
        return audit;
    }

    /** Its name as a section of LXC's format. */
    String lxcName() {
        return lxcName;
    }

    /** libseccomp's name. */
    String ociName() {
        return ociName;
    }

    /**
     * The ABIs that a processor's kernel may support and whose calls jbox knows.
     *
     * @param processor as printed by uname -m
     */
    static List<Abi> of(String processor) {
        return processor.equals("x86_64") ? List.of(X86_64, I386) : List.of(AARCH64);
    }
}
