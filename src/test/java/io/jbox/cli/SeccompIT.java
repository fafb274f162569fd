package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.seccomp.CallTables;
import io.jbox.testhost.Boxes;
import io.jbox.testhost.HostPrograms;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The filter of system calls, tried from inside of boxes: with the machine's own programs, so that there is a perl. */
class SeccompIT {
    private static final int EPERM = 1;
    private static final int ENOSYS = 38;
    private static List<String> before = List.of();
    private static HostPrograms programs;

    @BeforeAll
    static void host() throws IOException {
        TestHost.require();
        before = TestHost.state();
        programs = new HostPrograms(Path.of("/run/seccomp"));
    }

    @AfterAll
    static void nothingIsLeft() {
        assertThat(Boxes.leftovers()).isEmpty();
        Boxes.awaitState(before);
    }

    private static String define(String name, String... lines) throws IOException {
        return programs.define(name, "{type: empty, flags: up}", lines);
    }

    private static Result run(String file, String... command) {
        List<String> words = new ArrayList<>(List.of("run", "-f", file, "--"));
        words.addAll(List.of(command));
        return TestHost.jbox(words.toArray(new String[0]));
    }

    /** Makes calls with arguments of zero; what each says, by its name: 0 where it succeeds. */
    private static Map<String, Integer> call(String file, List<String> names) {
        StringBuilder script = new StringBuilder("$| = 1; for (");
        for (String name : names) {
            script.append("'")
                    .append(name)
                    .append(' ')
                    .append(CallTables.number(name))
                    .append("',");
        }
        // Each in a process of its own: some might not come back.
        script.append(") { my ($name, $number) = split; my $pid = fork;"
                + " if (!$pid) { $! = 0; my $r = syscall($number + 0, 0, 0, 0, 0, 0, 0); print \"$name \", $r < 0 ? $! + 0 : 0,"
                + " \"\\n\"; require POSIX; POSIX::_exit(0) } waitpid $pid, 0 }");
        Result result = run(file, "perl", "-e", script.toString());
        Map<String, Integer> errors = new TreeMap<>();
        for (String line : result.out().split("\n")) {
            errors.put(line.split(" ")[0], Integer.valueOf(line.split(" ")[1]));
        }
        assertThat(errors.keySet()).as(result.err()).containsExactlyInAnyOrderElementsOf(names);
        return errors;
    }

    @Test
    void everyCallThatIsRefusedIsRefusedByTheKernel() throws IOException {
        String file = define("refused", "cap: {keep: none}");
        List<String> refused = CallTables.refusedByDefault();
        assertThat(refused).hasSizeGreaterThan(60);

        call(file, refused)
                .forEach((name, error) -> assertThat(error)
                        .as(name)
                        .isEqualTo(
                                List.of("clone3", "get_mempolicy", "io_setup").contains(name)
                                                || CallTables.number(name) > 450
                                        ? ENOSYS
                                        : EPERM));
    }

    /** The same without a filter: what is refused above is not refused by something else. */
    @Test
    void withoutAFilterTheseCallsAreMade() throws IOException {
        List<String> names = List.of("unshare", "keyctl", "ptrace", "move_pages", "process_vm_readv");
        Map<String, Integer> open = call(define("open", "cap: {keep: none}", "seccomp: {profile: none}"), names);

        assertThat(open.values()).as(open.toString()).doesNotContain(EPERM);
    }

    /** What people do in boxes gives the same with and without the filter. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "ls -la /usr/bin | wc -l; find /usr/share -maxdepth 2 | sort | md5sum",
                "seq 100000 | gzip | gunzip | tail -1; tar cf - /etc | tar tf - | sort",
                "bash -c 'for i in {1..20}; do (sleep 0.01) & done; wait; echo $BASH_VERSION'",
                "perl -e 'my @k; for (1..5) { my $p = fork; exit $_ if !$p; push @k, $p } for (@k) { waitpid $_, 0; print $? >> 8 }'",
                "timeout 0.1 sleep 5; echo $?; nice -n 5 true; echo $?; xargs -P 4 -n 1 echo </etc/passwd | wc -l",
                "cd /tmp; dd if=/dev/zero of=f bs=1M count=4 2>/dev/null; sync f; cp f g; mv g h; ln -s h i; stat -c %s i h; rm f h i; mkfifo p; (echo x >p &); cat p",
                "setpriv --reuid=65534 --regid=65534 --clear-groups id; chown 65534 /tmp; stat -c %u /tmp",
                "awk 'BEGIN { srand(1); print int(rand() * 100) }'; date -d @0 -u; env -i /usr/bin/env | wc -l",
                "perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => \"127.0.0.1\") or die $!;"
                        + " if (!fork) { my $c = IO::Socket::INET->new(PeerAddr => \"127.0.0.1\", PeerPort => $s->sockport); print $c"
                        + " \"hello\\n\"; exit } print scalar readline $s->accept'",
                "ip -brief link; grep -c processor /proc/cpuinfo; mktemp -d >/dev/null && echo made; flock /tmp/l true; echo $?"
            })
    void ordinaryProgramsDoNotNotice(String script) throws IOException {
        Result filtered = run(define("filtered"), "sh", "-c", script);
        Result open = run(define("unfiltered", "seccomp: {profile: none}"), "sh", "-c", script);

        assertThat(filtered.out()).isEqualTo(open.out()).isNotEmpty();
        assertThat(filtered.err()).isEqualTo(open.err());
        assertThat(filtered.exitCode()).isEqualTo(open.exitCode());
    }

    @Test
    void aProfileOfOnesOwn() throws IOException {
        Path profile = Path.of("/run/boxes/own.seccomp");
        Files.createDirectories(profile.getParent());
        Files.writeString(profile, "2\ndenylist errno 5\n[all]\nuname\nmkdir errno 6\nmkdirat errno 6\n");
        String file = define("own", "seccomp: {profile: own.seccomp}");

        Map<String, Integer> errors = call(file, List.of("uname", "mkdir", "getppid", "unshare"));

        assertThat(errors).containsEntry("uname", 5).containsEntry("mkdir", 6);
        assertThat(errors.get("getppid")).isZero();
        assertThat(errors.get("unshare")).isZero();
        Files.writeString(profile, "2\ndenylist\nmkdr\n");
        Result bad = run(file, "true");
        assertThat(bad.exitCode()).isEqualTo(125);
        assertThat(bad.err())
                .contains("seccomp.profile: unknown system call \"mkdr\"")
                .contains("own.seccomp:3:1");
        Files.delete(profile);
        assertThat(run(file, "true").err())
                .contains("own.seccomp: no such file")
                .contains("own.yaml:");
    }

    /** CVE-2017-5226: what is typed into the caller's terminal is typed by the caller. */
    @Test
    void nobodyTypesIntoAnothersTerminal() throws IOException {
        assertThat(type("")).isEqualTo("1");
        Path legacy = Path.of("/proc/sys/dev/tty/legacy_tiocsti");
        if (!Files.exists(legacy) || Files.readString(legacy).startsWith("1")) {
            assertThat(type("-s seccomp.profile=none")).contains("typed");
        }
    }

    /** What comes of typing into the terminal that a box is run in: an error's number where it cannot be. */
    private static String type(String settings) throws IOException {
        String script =
                "open(my $t, '+<', '/dev/tty') or exit 9; my $c = 'x'; print ioctl($t, 0x5412, $c) ? 'typed' : $! + 0";
        String command = "bin/jbox run -t -f " + define("tty") + " " + settings + " -- perl -e \""
                + script.replace("$", "\\$") + "\"";
        return TestHost.run(List.of("script", "-qec", command, "/dev/null"), Map.of())
                .out()
                .replaceAll("[^0-9a-z]", "");
    }

    @Test
    void commandsThatJoinHaveTheSameFilter() throws IOException {
        Boxes.jbox("start", define("joined", "init: {cmd: [/bin/sleep, '1000']}"));
        try {
            Result exec = TestHost.jbox(
                    "exec", "joined", "--", "sh", "-c", "grep Seccomp: /proc/self/status; unshare -m true");
            Result user =
                    TestHost.jbox("exec", "-u", "nobody", "joined", "--", "grep", "Seccomp:", "/proc/self/status");
            Result init = TestHost.jbox("exec", "joined", "--", "grep", "Seccomp:", "/proc/1/status");

            assertThat(exec.out()).isEqualTo("Seccomp:\t2\n");
            assertThat(exec.err()).contains("Operation not permitted");
            assertThat(user.out()).isEqualTo("Seccomp:\t2\n");
            assertThat(init.out()).isEqualTo("Seccomp:\t2\n");
        } finally {
            Boxes.jbox("stop", "-k", "joined");
        }
    }

    @Test
    void anotherUserWithCapabilitiesIsFiltered() throws IOException {
        Result result = run(
                define("user", "init: {uid: 1000, gid: 1000}", "cap: {keep: [net_raw]}"),
                "grep",
                "-E",
                "Seccomp:|CapEff|CapAmb",
                "/proc/self/status");

        assertThat(result.out())
                .contains("CapEff:\t0000000000002000")
                .contains("CapAmb:\t0000000000002000")
                .contains("Seccomp:\t2");
    }
}
