package io.jbox.seccomp;

import io.jbox.seccomp.Condition.Comparison;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The default profile: the calls that ordinary programs need, and those that the box's capabilities require. Everything
 * else is refused: loading of kernels and modules, open_by_handle_at (CVE-2014-3519), other boxes' keys, bpf, perf,
 * userfaultfd, setting clocks, new namespaces and mounts (CVE-2022-0185, CVE-2022-0492), io_uring, swap, reboot.
 *
 * <p>Tracing is permitted, because it stays within the box: its PID namespace shows no other processes, and from Linux
 * 4.8 on a tracer cannot bypass the filter of a traced process.
 */
public final class DefaultProfile {
    /** The calls permitted without any capability. */
    private static final String PLAIN = """
            accept accept4 access adjtimex alarm arch_prctl arm_fadvise64_64 arm_sync_file_range bind brk cachestat capget
            capset chdir chmod chown chown32 clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep
            clock_nanosleep_time64 close close_range connect copy_file_range creat dup dup2 dup3 epoll_create epoll_create1
            epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 execve execveat exit
            exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate fanotify_mark fchdir fchmod fchmodat fchmodat2
            fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat
            fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futex futex_requeue futex_time64 futex_wait
            futex_waitv futex_wake futimesat getcpu getcwd getdents getdents64 getegid getegid32 geteuid geteuid32 getgid
            getgid32 getgroups getgroups32 getitimer getpeername getpgid getpgrp getpid getppid getpriority
            getrandom getresgid getresgid32 getresuid getresuid32 getrlimit get_robust_list getrusage getsid getsockname
            getsockopt get_thread_area gettid gettimeofday getuid getuid32 getxattr getxattrat inotify_add_watch inotify_init
            inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 ioprio_get
            ioprio_set io_submit ipc kill landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown
            lchown32 lgetxattr link linkat listen listxattr listxattrat llistxattr _llseek lremovexattr lseek lsetxattr lstat
            lstat64 madvise map_shadow_stack membarrier memfd_create memfd_secret mincore
            mkdir mkdirat mknod mknodat mlock mlock2 mlockall mmap mmap2 mprotect mq_getsetattr mq_notify mq_open
            mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink mremap mseal msgctl msgget
            msgrcv msgsnd msync munlock munlockall munmap name_to_handle_at nanosleep newfstatat _newselect open openat
            openat2 pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll ppoll_time64
            prctl pread64 preadv preadv2 prlimit64 process_mrelease process_vm_readv process_vm_writev pselect6 pselect6_time64
            ptrace pwrite64 pwritev pwritev2 read
            readahead readdir readlink readlinkat readv recv recvfrom recvmmsg recvmmsg_time64 recvmsg remap_file_pages
            removexattr removexattrat rename renameat renameat2 restart_syscall rmdir rseq rt_sigaction rt_sigpending
            rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64
            rt_tgsigqueueinfo sched_getaffinity sched_getattr sched_getparam sched_get_priority_max sched_get_priority_min
            sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr
            sched_setparam sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop semtimedop_time64
            send sendfile sendfile64 sendmmsg sendmsg sendto setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32
            setgroups setgroups32 setitimer setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid
            setresuid32 setreuid setreuid32 setrlimit set_robust_list setsid setsockopt set_thread_area set_tid_address
            setuid setuid32 setxattr setxattrat shmat shmctl shmdt shmget shutdown sigaction sigaltstack signal signalfd
            signalfd4 sigpending sigprocmask sigreturn sigsuspend socketpair splice stat stat64 statfs statfs64
            statx symlink symlinkat sync sync_file_range sync_file_range2 syncfs sysinfo tee tgkill time timer_create
            timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create
            timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times tkill truncate truncate64 ugetrlimit
            umask uname unlink unlinkat utime utimensat utimensat_time64 utimes vfork vmsplice wait4 waitid waitpid write
            writev
            """;

    /** Further calls permitted by each capability. */
    private static final Map<String, String> BY_CAPABILITY = new TreeMap<>(Map.ofEntries(
            Map.entry(
                    "SYS_ADMIN",
                    "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick listmount lookup_dcookie mount"
                            + " mount_setattr move_mount open_tree open_tree_attr perf_event_open pivot_root quotactl"
                            + " quotactl_fd setdomainname sethostname setns statmount syslog umount umount2 unshare"),
            Map.entry("SYS_BOOT", "reboot"),
            Map.entry("SYS_CHROOT", "chroot"),
            Map.entry("SYS_MODULE", "delete_module init_module finit_module"),
            Map.entry("SYS_PACCT", "acct"),
            Map.entry("SYS_PTRACE", "kcmp pidfd_getfd process_madvise"),
            Map.entry("SYS_RAWIO", "iopl ioperm"),
            Map.entry("SYS_RESOURCE", "io_setup"),
            Map.entry("SYS_TIME", "settimeofday stime clock_settime clock_settime64 clock_adjtime clock_adjtime64"),
            Map.entry("SYS_TTY_CONFIG", "vhangup"),
            Map.entry("SYS_NICE", "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"),
            Map.entry("SYSLOG", "syslog"),
            Map.entry("BPF", "bpf"),
            Map.entry("PERFMON", "perf_event_open"),
            Map.entry("DAC_READ_SEARCH", "open_by_handle_at")));

    /** Without CLONE_NEWTIME, which overlaps CSIGNAL and works with clone3 only. */
    private static final long NEW_NAMESPACES = 0x7e02_0000L;

    private static final long LOW = 0xffff_ffffL;
    private static final long TIOCSTI = 0x5412;
    private static final long TIOCLINUX = 0x541c;
    private static final long AF_ALG = 38;
    private static final long AF_VSOCK = 40;
    private static final long[] PERSONALITIES = {0, 0x8, 0x2_0000, 0x2_0008, LOW};

    /** Calls that many kernels lack, being older or without NUMA: programs cope with ENOSYS, and give up on EPERM. */
    private static final List<String> OFTEN_MISSING = List.of(
            "statmount",
            "listmount",
            "lsm_get_self_attr",
            "lsm_set_self_attr",
            "lsm_list_modules",
            "open_tree_attr",
            "file_getattr",
            "file_setattr",
            "get_mempolicy");

    private DefaultProfile() {}

    /** @param capabilities available to the box's programs, by name without CAP_ */
    public static Profile of(Set<String> capabilities) {
        Action refuse = Action.errno(Action.EPERM);
        List<Rule> rules = new ArrayList<>();
        permit(PLAIN, rules);
        for (Map.Entry<String, String> entry : BY_CAPABILITY.entrySet()) {
            if (capabilities.contains(entry.getKey())) {
                permit(entry.getValue(), rules);
            }
        }
        if (!capabilities.contains("SYS_ADMIN")) {
            rules.add(Rule.of("clone", Action.ALLOW, Condition.masked(0, NEW_NAMESPACES, 0)));
            // Its flags are in memory, where no filter sees them; libraries then fall back to clone.
            rules.add(Rule.of("clone3", Action.errno(Action.ENOSYS)));
        }
        if (!capabilities.contains("SYS_RESOURCE")) {
            // fs.aio-max-nr is shared by the whole host; programs cope with ENOSYS.
            rules.add(Rule.of("io_setup", Action.errno(Action.ENOSYS)));
        }
        for (String name : OFTEN_MISSING) {
            if (rules.stream().noneMatch(rule -> rule.call().equals(name))) {
                rules.add(Rule.of(name, Action.errno(Action.ENOSYS)));
            }
        }
        for (long personality : PERSONALITIES) {
            rules.add(
                    Rule.of("personality", Action.ALLOW, new Condition(0, Comparison.EQ, personality, Condition.ALL)));
        }
        // Its arguments are in memory, too; 32-bit programs have had socket and the like since Linux 4.3.
        rules.add(Rule.of("socketcall", Action.errno(Action.ENOSYS)));
        // The kernel uses only 32 bits of it (CVE-2019-10063).
        rules.add(Rule.of("ioctl", refuse, Condition.masked(1, LOW, TIOCSTI)));
        rules.add(Rule.of("ioctl", refuse, Condition.masked(1, LOW, TIOCLINUX)));
        rules.add(Rule.of("ioctl", Action.ALLOW));
        rules.add(Rule.of("socket", refuse, Condition.masked(0, LOW, AF_ALG)));
        rules.add(Rule.of("socket", refuse, Condition.masked(0, LOW, AF_VSOCK)));
        rules.add(Rule.of("socket", Action.ALLOW));
        return new Profile("default", refuse, Action.errno(Action.ENOSYS), Rule.EVERYWHERE, rules);
    }

    private static void permit(String names, List<Rule> rules) {
        int start = -1;
        for (int i = 0; i <= names.length(); i++) {
            boolean space = i == names.length() || names.charAt(i) <= ' ';
            if (space && start >= 0) {
                rules.add(Rule.of(names.substring(start, i), Action.ALLOW));
            }
            start = space ? -1 : start < 0 ? i : start;
        }
    }
}
