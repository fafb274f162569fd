package io.jbox.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.problem.JboxException;
import io.jbox.problem.Source;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@link ProfileReader}: LXC's format and OCI's. */
class ProfileReaderTest {
    private static Profile read(String text, String... capabilities) {
        return ProfileReader.read("p", new Source("p.seccomp", text), Set.of(capabilities), "x86_64");
    }

    private static int run(Profile profile, Abi abi, String call, long... first) {
        long[] arguments = new long[6];
        System.arraycopy(first, 0, arguments, 0, first.length);
        return new Interpreter(FilterCompiler.compile(profile, "x86_64"))
                .run(abi.audit(), CallTable.get().number(call, abi), arguments);
    }

    /** The file that LXC ships as common.seccomp. */
    @Test
    void readsLxcsOwnDenylist() {
        Profile profile = read("""
                2
                denylist
                reject_force_umount  # comment this to allow umount -f;  not recommended
                [all]
                kexec_load errno 1
                open_by_handle_at errno 1
                init_module errno 1
                """);

        assertThat(run(profile, Abi.X86_64, "kexec_load")).isEqualTo(0x5_0001);
        assertThat(run(profile, Abi.I386, "init_module")).isEqualTo(0x5_0001);
        assertThat(run(profile, Abi.X86_64, "read")).isEqualTo(0x7fff_0000);
        assertThat(run(profile, Abi.X86_64, "umount2", 0, 1)).isEqualTo(0x5_000d);
        assertThat(run(profile, Abi.X86_64, "umount2", 0, 2)).isEqualTo(0x7fff_0000);
    }

    @Test
    void readsActionsArgumentsAndSections() {
        Profile profile = read("""
                2
                allowlist errno 38
                [x86_64]
                read
                write errno 5
                ioctl [1,0x5401,SCMP_CMP_EQ]
                personality [0,0,SCMP_CMP_MASKED_EQ,0xf0] [1,2,SCMP_CMP_LT]
                mkdir trap
                [x86]
                getpid
                [arm64]
                unlinkat
                """);

        assertThat(run(profile, Abi.X86_64, "read")).isEqualTo(0x7fff_0000);
        assertThat(run(profile, Abi.X86_64, "write")).isEqualTo(0x5_0005);
        assertThat(run(profile, Abi.X86_64, "ioctl", 0, 0x5401)).isEqualTo(0x7fff_0000);
        assertThat(run(profile, Abi.X86_64, "ioctl", 0, 0x5402)).isEqualTo(0x5_0026);
        assertThat(run(profile, Abi.X86_64, "personality", 0x0f, 1)).isEqualTo(0x7fff_0000);
        assertThat(run(profile, Abi.X86_64, "personality", 0x1f, 1)).isEqualTo(0x5_0026);
        assertThat(run(profile, Abi.X86_64, "personality", 0x0f, 2)).isEqualTo(0x5_0026);
        assertThat(run(profile, Abi.X86_64, "mkdir")).isEqualTo(0x3_0000);
        assertThat(run(profile, Abi.X86_64, "getpid")).isEqualTo(0x5_0026);
        assertThat(run(profile, Abi.I386, "getpid")).isEqualTo(0x7fff_0000);
        assertThat(run(profile, Abi.X86_64, "unlinkat")).isEqualTo(0x5_0026);
    }

    @Test
    void readsOcisJson() {
        String text = """
                {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
                 "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}],
                 "syscalls": [
                  {"names": ["read", "not_yet_a_call"], "action": "SCMP_ACT_ALLOW"},
                  {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
                  {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_SYS_ADMIN"]},
                   "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]},
                  {"names": ["arm_sync_file_range"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["arm64"]}},
                  {"names": ["lseek"], "action": "SCMP_ACT_ALLOW",
                   "args": [{"index": 1, "value": 18446744073709551600, "op": "SCMP_CMP_GE"}]},
                  {"names": ["write"], "action": "SCMP_ACT_ERRNO", "errnoRet": 9}
                 ]}
                """;

        Profile plain = read(text);
        assertThat(run(plain, Abi.X86_64, "read")).isEqualTo(0x7fff_0000);
        assertThat(run(plain, Abi.X86_64, "mount")).isEqualTo(0x5_0026);
        assertThat(run(plain, Abi.X86_64, "write")).isEqualTo(0x5_0009);
        assertThat(run(plain, Abi.X86_64, "clone", 0x11)).isEqualTo(0x7fff_0000);
        assertThat(run(plain, Abi.X86_64, "clone", 0x1000_0011)).isEqualTo(0x5_0026);
        assertThat(run(plain, Abi.X86_64, "lseek", 0, -16)).isEqualTo(0x7fff_0000);
        assertThat(run(plain, Abi.X86_64, "lseek", 0, Long.MAX_VALUE)).isEqualTo(0x5_0026);
        Profile admin = read(text, "SYS_ADMIN");
        assertThat(run(admin, Abi.X86_64, "mount")).isEqualTo(0x7fff_0000);
        assertThat(run(admin, Abi.X86_64, "clone", 0x11)).isEqualTo(0x5_0026);
    }

    /** As libseccomp has it: what is not listed is no way round. */
    @Test
    void whoCallsByAnAbiThatIsNotListedIsKilled() {
        Profile profile = read("""
                {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
                 "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]}
                """);

        assertThat(run(profile, Abi.X86_64, "mkdir")).isEqualTo(0x5_0001);
        assertThat(run(profile, Abi.I386, "mkdir")).isEqualTo(0x8000_0000);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1 | p.seccomp:1:1 | the version",
                "2;maybelist | p.seccomp:2:1 | allowlist or denylist",
                "2;denylist;kexec_laod | p.seccomp:3:1 | unknown system call \"kexec_laod\"",
                "2;denylist errno x | p.seccomp:2:1 | errno: expected a number",
                "2;allowlist;read notify | p.seccomp:3:1 | action \"notify\"",
                "2;allowlist;read [9,1,SCMP_CMP_EQ] | p.seccomp:3:1 | argument 9",
                "2;allowlist;read [0,1] | p.seccomp:3:1 | expected index,value,operator",
                "2;allowlist;read [0,1,SCMP_CMP_XX] | p.seccomp:3:1 | comparison \"XX\"",
                "{\"defaultAction\": 1} | p.seccomp | defaultAction: expected a text",
                "{\"defaultAction\": \"SCMP_ACT_NOTIFY\"} | p.seccomp | action \"SCMP_ACT_NOTIFY\"",
                "{\"defaultAction\": | p.seccomp | unexpected end"
            })
    void aBadProfileIsAnErrorWithItsPlace(String text, String place, String message) {
        assertThatThrownBy(() -> read(text.replace(';', '\n'))).isInstanceOfSatisfying(JboxException.class, e -> {
            assertThat(e.problems().get(0).message()).contains(message.strip());
            assertThat(String.valueOf(e.problems().get(0).place())).isEqualTo(place.strip());
        });
    }
}
