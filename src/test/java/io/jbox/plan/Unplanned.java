package io.jbox.plan;

import io.jbox.program.NetworkEffect;
import io.jbox.program.Plan;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What jbox's own part of a launch may call beside its plan: it reads facts, keeps its records, and puts programs together in
 * memory. Each call that changes something must be about a descriptor that such a call has opened.
 */
public final class Unplanned {
    /** Reads, asks, waits, ends. Closing is harmless: at its end jbox closes what the plan has opened, too. */
    private static final Pattern HARMLESS =
            Pattern.compile("(statx|close|recvfrom|geteuid|getegid|getpid|read|ppoll|rt_sigaction|mmap|exit_group)\\(.*"
                    + "|wait4\\([0-9]+, .*, __WALL, NULL\\).*|setsockopt\\([0-9]+, SOL_NETLINK, .*"
                    + "|prlimit64\\([^,]*, [^,]*, NULL, .*|ioctl\\([0-9]+, (TCGETS|TIOCGPGRP),.*");

    private static final Pattern OPENS =
            Pattern.compile("(openat2?|socket|pidfd_open|memfd_create|bpf)\\(.*\\)\\s+= ([0-9]+).*");
    private static final Pattern FAILED = Pattern.compile("(openat2?|socket|pidfd_open|bpf)\\(.*\\)\\s+= -1 .*");
    private static final Pattern PIPE = Pattern.compile("pipe2\\(\\[([0-9]+), ([0-9]+)\\].*");
    private static final Pattern CHANGES = Pattern.compile("(write|pwrite64|ftruncate|fsync|flock|fcntl)\\(([0-9]+).*");
    /**
     * Of requests to rtnetlink that only ask, the last two bits of the type are 2. The type 0xa10 asks nf_tables for its
     * generation.
     */
    private static final Pattern ASKS = Pattern.compile(
            "sendto\\([0-9]+, \\[\\{nlmsg_len=[0-9]+, nlmsg_type=(RTM_GET|0xa10 |0x[0-9a-f]*[26ae] ).*");

    private static final String STATE = "\"(/run/home)?/(run|var/lib|\\.local/share)/jbox";
    private static final Pattern RECORDS = Pattern.compile("(openat|mkdirat)\\(AT_FDCWD, " + STATE
            + "(/|\").*|renameat2\\(AT_FDCWD, " + STATE + "/[^\"]*\", AT_FDCWD, " + STATE + "/.*");
    private static final Pattern WRITES = Pattern.compile(".*(O_CREAT|O_WRONLY|O_RDWR|O_TRUNC).*");
    /** The only programs that are loaded to see whether that is allowed. */
    private static final Pattern PROBES =
            Pattern.compile("bpf\\(BPF_PROG_LOAD, \\{prog_type=BPF_PROG_TYPE_SCHED_CLS.*");

    /** {@link NetworkEffect.RouteSocket}: a child that shares jbox's descriptors enters a network, and leaves a socket open. */
    private static final Pattern ROUTE_SOCKET = Pattern.compile("setns\\([0-9]+, CLONE_NEWNET\\)\\s+= -1 EPERM.*"
            + "|ioctl\\([0-9]+, NS_GET_USERNS.*|prctl\\(PR_[GS]ET_DUMPABLE.*|rt_sigprocmask\\(.*"
            + "|clone3\\(\\{flags=CLONE_VM\\|CLONE_FILES\\|CLONE_VFORK\\|.*|wait4\\([0-9]+, NULL, __WALL, NULL\\).*");

    private final Set<String> opened = new HashSet<>();
    private final boolean opensForeignSocket;

    public Unplanned(Plan plan) {
        opensForeignSocket = plan.steps().stream()
                .flatMap(step -> step.effects().stream())
                .anyMatch(NetworkEffect.RouteSocket.class::isInstance);
    }

    /** Whether a call is allowed behind those before it. */
    public boolean allows(String line) {
        Matcher pipe = PIPE.matcher(line);
        if (pipe.matches()) {
            opened.add(pipe.group(1));
            opened.add(pipe.group(2));
            return true;
        }
        Matcher opens = OPENS.matcher(line);
        if (opens.matches()) {
            opened.add(opens.group(2));
            return mayOpen(opens.group(1), line);
        }
        Matcher changes = CHANGES.matcher(line);
        if (changes.matches()) {
            return opened.contains(changes.group(2));
        }
        return ASKS.matcher(line).matches()
                || HARMLESS.matcher(line).matches()
                || FAILED.matcher(line).matches()
                || RECORDS.matcher(line).matches()
                || opensForeignSocket && ROUTE_SOCKET.matcher(line).matches();
    }

    private static boolean mayOpen(String call, String line) {
        return switch (call) {
            case "openat", "openat2" ->
                !WRITES.matcher(line).matches() || RECORDS.matcher(line).matches();
            case "socket" -> line.startsWith("socket(AF_NETLINK");
            case "bpf" -> PROBES.matcher(line).matches();
            default -> true;
        };
    }
}
