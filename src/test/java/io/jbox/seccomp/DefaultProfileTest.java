package io.jbox.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** {@link DefaultProfile}: what it is there to refuse. */
class DefaultProfileTest {
    private static final int TIOCSTI = 0x5412;

    @Test
    void refusesWhatIsTheHosts() {
        Profile profile = DefaultProfile.of(Set.of());

        for (Abi abi : Abi.values()) {
            assertThat(profile.refused(abi))
                    .contains(
                            "kexec_load",
                            "init_module",
                            "finit_module",
                            "delete_module",
                            "open_by_handle_at",
                            "keyctl",
                            "add_key",
                            "request_key",
                            "bpf",
                            "perf_event_open",
                            "userfaultfd",
                            "settimeofday",
                            "clock_settime",
                            "mount",
                            "umount2",
                            "open_tree",
                            "move_mount",
                            "fsopen",
                            "fsconfig",
                            "fsmount",
                            "mount_setattr",
                            "pivot_root",
                            "unshare",
                            "setns",
                            "io_uring_setup",
                            "io_uring_enter",
                            "swapon",
                            "reboot",
                            "syslog",
                            "acct",
                            "quotactl",
                            "nfsservctl",
                            "clone3");
        }
    }

    @Test
    void aCapabilityBringsItsCalls() {
        assertThat(DefaultProfile.of(Set.of("SYS_ADMIN")).permitted(Abi.X86_64))
                .contains("mount", "unshare", "setns", "clone3", "bpf");
        assertThat(DefaultProfile.of(Set.of("SYS_PTRACE")).permitted(Abi.X86_64))
                .contains("kcmp", "pidfd_getfd");
        assertThat(DefaultProfile.of(Set.of("SYS_TIME")).permitted(Abi.X86_64)).contains("clock_settime");
        assertThat(DefaultProfile.of(Set.of("SYS_MODULE")).permitted(Abi.X86_64))
                .contains("finit_module");
        assertThat(DefaultProfile.of(Set.of("SYS_CHROOT")).permitted(Abi.X86_64))
                .contains("chroot");
    }

    /** Nothing that Docker's list of 2026-06 does not have: pivot_root with SYS_ADMIN is for launchers in the box. */
    @Test
    void whatDockerRefusesWithACapabilityIsRefusedHereToo() {
        assertThat(DefaultProfile.of(Set.of("SYS_PTRACE")).refused(Abi.X86_64)).contains("userfaultfd");
        assertThat(DefaultProfile.of(Set.of("SYS_NICE")).refused(Abi.X86_64)).contains("migrate_pages", "move_pages");
        assertThat(DefaultProfile.of(Set.of("SYS_NICE")).permitted(Abi.X86_64)).contains("get_mempolicy", "mbind");
    }

    /** A tracer sees its own PID namespace only, and the filter comes after it (Linux 4.8). */
    @Test
    void debuggersWork() {
        assertThat(DefaultProfile.of(Set.of()).permitted(Abi.X86_64))
                .contains("ptrace", "process_vm_readv", "process_vm_writev");
    }

    /** Programs take ENOSYS for a kernel that is older, and fall back; EPERM they pass on. */
    @Test
    void callsThatTheKernelMayLackAreMissingRatherThanForbidden() {
        Interpreter filter = new Interpreter(FilterCompiler.compile(DefaultProfile.of(Set.of()), "x86_64"));
        for (int number : new int[] {239, 457, 458, 459, 460, 461, 467, 468, 469, 470, 500}) {
            assertThat(call(filter, number, 0))
                    .as("call " + number)
                    .isEqualTo(Action.errno(Action.ENOSYS).value());
        }
    }

    @Test
    void argumentsDecideAboutSomeCalls() {
        Interpreter filter = new Interpreter(FilterCompiler.compile(DefaultProfile.of(Set.of()), "x86_64"));
        int allow = Action.ALLOW.value();
        int refuse = Action.errno(1).value();
        int ioctl = 16;
        int clone = 56;
        int socket = 41;
        int personality = 135;

        assertThat(call(filter, ioctl, 0, 0x5401)).isEqualTo(allow);
        // The kernel looks at 32 bits: the high ones must not hide it (CVE-2019-10063).
        assertThat(call(filter, ioctl, 0, TIOCSTI)).isEqualTo(refuse);
        assertThat(call(filter, ioctl, 0, TIOCSTI | 1L << 40)).isEqualTo(refuse);
        assertThat(call(filter, ioctl, 0, 0x541c)).isEqualTo(refuse);
        assertThat(call(filter, clone, 0x11)).isEqualTo(allow);
        assertThat(call(filter, clone, 0x3d0f00)).isEqualTo(allow);
        for (long flag :
                List.of(0x1000_0000L, 0x2_0000L, 0x200_0000L, 0x400_0000L, 0x800_0000L, 0x2000_0000L, 0x4000_0000L)) {
            assertThat(call(filter, clone, flag | 0x11)).isEqualTo(refuse);
        }
        assertThat(call(filter, socket, 2, 1)).isEqualTo(allow);
        assertThat(call(filter, socket, 38, 1)).isEqualTo(refuse);
        assertThat(call(filter, socket, 40, 1)).isEqualTo(refuse);
        int socketcall = 102;
        assertThat(filter.run(Abi.I386.audit(), socketcall, new long[6]))
                .isEqualTo(Action.errno(38).value());
        assertThat(call(filter, personality, 0xffff_ffffL)).isEqualTo(allow);
        assertThat(call(filter, personality, 0x4_0000)).isEqualTo(refuse);
    }

    private static int call(Interpreter filter, int number, long first, long... others) {
        long[] arguments = new long[6];
        arguments[0] = first;
        System.arraycopy(others, 0, arguments, 1, others.length);
        return filter.run(Abi.X86_64.audit(), number, arguments);
    }
}
