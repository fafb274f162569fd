package io.jbox.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The capabilities of Linux 6.1, in the order of their numbers (capabilities(7)). */
public enum Capability {
    CHOWN,
    DAC_OVERRIDE,
    DAC_READ_SEARCH,
    FOWNER,
    FSETID,
    KILL,
    SETGID,
    SETUID,
    SETPCAP,
    LINUX_IMMUTABLE,
    NET_BIND_SERVICE,
    NET_BROADCAST,
    NET_ADMIN,
    NET_RAW,
    IPC_LOCK,
    IPC_OWNER,
    SYS_MODULE,
    SYS_RAWIO,
    SYS_CHROOT,
    SYS_PTRACE,
    SYS_PACCT,
    SYS_ADMIN,
    SYS_BOOT,
    SYS_NICE,
    SYS_RESOURCE,
    SYS_TIME,
    SYS_TTY_CONFIG,
    MKNOD,
    LEASE,
    AUDIT_WRITE,
    AUDIT_CONTROL,
    SETFCAP,
    MAC_OVERRIDE,
    MAC_ADMIN,
    SYSLOG,
    WAKE_ALARM,
    BLOCK_SUSPEND,
    AUDIT_READ,
    PERFMON,
    BPF,
    CHECKPOINT_RESTORE;

    /** The kernel's name, such as {@code CAP_CHOWN}. */
    public String kernelName() {
        return "CAP_" + name();
    }

    /** Its bit in a capability mask. */
    public long bit() {
        return 1L << ordinal();
    }

    /** Accepts {@code sys_admin} as LXC writes it, and {@code CAP_SYS_ADMIN}. */
    public static Capability parse(String text) throws BadValueException {
        String name = text.toUpperCase(Locale.ROOT);
        if (name.startsWith("CAP_")) {
            name = name.substring(4);
        }
        List<String> names = new ArrayList<>();
        for (Capability capability : values()) {
            if (capability.name().equals(name)) {
                return capability;
            }
            names.add(capability.name().toLowerCase(Locale.ROOT));
        }
        String nearest = Nearest.find(name, names);
        throw new BadValueException(
                "is not a capability", nearest == null ? "see capabilities(7)" : "did you mean \"" + nearest + "\"?");
    }

    public static String pattern() {
        List<String> names = new ArrayList<>();
        for (Capability capability : values()) {
            names.add(capability.name());
            names.add(capability.kernelName());
        }
        return Syntax.ignoringCase(names.toArray(new String[0]));
    }
}
