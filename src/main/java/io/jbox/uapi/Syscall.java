package io.jbox.uapi;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The system calls that jbox makes, under the kernel's names.
 *
 * <p>Numbers from {@code arch/x86/entry/syscalls/syscall_64.tbl} and {@code include/uapi/asm-generic/unistd.h} of Linux
 * 6.1. Calls added since 5.1 have the same number on both processors.
 */
public enum Syscall {
    READ(0, 63),
    WRITE(1, 64),
    CLOSE(3, 57),
    LSEEK(8, 62),
    MMAP(9, 222),
    MUNMAP(11, 215),
    RT_SIGACTION(13, 134),
    RT_SIGPROCMASK(14, 135),
    IOCTL(16, 29),
    TEE(276, 77),
    SCHED_SETAFFINITY(203, 122),
    SCHED_GETAFFINITY(204, 123),
    STATX(332, 291),
    WRITEV(20, 66),
    PREAD64(17, 67),
    PWRITE64(18, 68),
    UNLINKAT(263, 35),
    SOCKET(41, 198),
    CONNECT(42, 203),
    ACCEPT4(288, 242),
    SHUTDOWN(48, 210),
    BIND(49, 200),
    LISTEN(50, 201),
    SENDTO(44, 206),
    RECVFROM(45, 207),
    SETSOCKOPT(54, 208),
    FACCESSAT(269, 48),
    SECCOMP(317, 277),
    FCHOWNAT(260, 54),
    FCHMODAT(268, 53),
    FCHMOD(91, 52),
    CLONE(56, 220),
    EXECVE(59, 221),
    EXIT(60, 93),
    WAIT4(61, 260),
    WAITID(247, 95),
    KILL(62, 129),
    READLINKAT(267, 78),
    GETDENTS64(217, 61),
    CLOCK_GETTIME(228, 113),
    SETUID(105, 146),
    SETGID(106, 144),
    CAPGET(125, 90),
    FCNTL(72, 25),
    FLOCK(73, 32),
    FSYNC(74, 82),
    FTRUNCATE(77, 46),
    FSTATFS(138, 44),
    FCHDIR(81, 50),
    CHDIR(80, 49),
    CHROOT(161, 51),
    UMASK(95, 166),
    GETPID(39, 172),
    GETPPID(110, 173),
    BPF(321, 280),
    GETUID(102, 174),
    GETEUID(107, 175),
    GETEGID(108, 177),
    GETPGID(121, 155),
    SETSID(112, 157),
    SETGROUPS(116, 159),
    SETRESUID(117, 147),
    GETRESUID(118, 148),
    SETRESGID(119, 149),
    GETRESGID(120, 150),
    CAPSET(126, 91),
    RT_SIGTIMEDWAIT(128, 137),
    PRCTL(157, 167),
    MOUNT(165, 40),
    UMOUNT2(166, 39),
    SETHOSTNAME(170, 161),
    PIVOT_ROOT(155, 41),
    EXIT_GROUP(231, 94),
    FUTEX(202, 98),
    KEYCTL(250, 219),
    INOTIFY_ADD_WATCH(254, 27),
    INOTIFY_INIT1(294, 26),
    MKDIRAT(258, 34),
    MKNODAT(259, 33),
    FCHOWN(93, 55),
    RENAMEAT2(316, 276),
    SYMLINKAT(266, 36),
    LINKAT(265, 37),
    SETXATTR(188, 5),
    GETXATTR(191, 8),
    LISTXATTR(194, 11),
    UTIMENSAT(280, 88),
    OPENAT(257, 56),
    PPOLL(271, 73),
    UNSHARE(272, 97),
    SIGNALFD4(289, 74),
    DUP3(292, 24),
    PIPE2(293, 59),
    PRLIMIT64(302, 261),
    GETRANDOM(318, 278),
    SETNS(308, 268),
    MEMFD_CREATE(319, 279),
    EXECVEAT(322, 281),
    PIDFD_SEND_SIGNAL(424, 424),
    OPEN_TREE(428, 428),
    MOVE_MOUNT(429, 429),
    FSOPEN(430, 430),
    FSCONFIG(431, 431),
    FSMOUNT(432, 432),
    PIDFD_OPEN(434, 434),
    CLONE3(435, 435),
    CLOSE_RANGE(436, 436),
    OPENAT2(437, 437),
    PIDFD_GETFD(438, 438),
    MOUNT_SETATTR(442, 442);

    private final int x86;
    private final int aarch64;
    private final String kernelName = name().toLowerCase(Locale.ROOT);

    Syscall(int x86, int aarch64) {
        this.x86 = x86;
        this.aarch64 = aarch64;
    }

    /** The call's number on a processor. */
    public int number(Processor processor) {
        return processor == Processor.X86_64 ? x86 : aarch64;
    }

    /** The kernel's name of the call, such as {@code open_tree}. */
    public String kernelName() {
        return kernelName;
    }

    /** The call that has a number; null for one that jbox does not make. */
    public static @Nullable Syscall find(Processor processor, long number) {
        for (Syscall call : values()) {
            if (call.number(processor) == number) {
                return call;
            }
        }
        return null;
    }
}
