package io.jbox.config;

import io.jbox.uapi.Flag;
import java.util.List;

/** The namespaces of Linux, under LXC's names (namespaces(7)). */
public enum Namespace {
    MNT("mnt", Flag.CLONE_NEWNS),
    PID("pid", Flag.CLONE_NEWPID),
    UTS("uts", Flag.CLONE_NEWUTS),
    IPC("ipc", Flag.CLONE_NEWIPC),
    NET("net", Flag.CLONE_NEWNET),
    CGROUP("cgroup", Flag.CLONE_NEWCGROUP),
    USER("user", Flag.CLONE_NEWUSER),
    TIME("time", Flag.CLONE_NEWTIME);

    private final String label;
    private final Flag flag;

    Namespace(String label, Flag flag) {
        this.label = label;
        this.flag = flag;
    }

    /** Its name in the configuration and under /proc/PID/ns. */
    public String label() {
        return label;
    }

    /** Its clone flag. */
    public Flag flag() {
        return flag;
    }

    public static List<String> names() {
        return List.of("mnt", "mount", "pid", "uts", "ipc", "net", "network", "cgroup", "user", "time");
    }

    public static Namespace parse(String text) throws BadValueException {
        return switch (text) {
            case "mnt", "mount" -> MNT;
            case "pid" -> PID;
            case "uts" -> UTS;
            case "ipc" -> IPC;
            case "net", "network" -> NET;
            case "cgroup" -> CGROUP;
            case "user" -> USER;
            case "time" -> TIME;
            default -> throw new BadValueException("is not one of mnt, pid, uts, ipc, net, cgroup, user, time");
        };
    }
}
