package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.NotedJava;
import io.jbox.testhost.RunScripts;
import io.jbox.testhost.Signals;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A file of its own ({@code jbox compile -o}) does what {@code jbox run} does, without jbox, and says itself what fails. */
class StandaloneIT {
    private static final String HOME = "/run/alone";
    private static final String FILE = HOME + "/file";
    private static final String TREE = HOME + "/tree";
    private static final String JVM = "export JBOX_PROGRAM=off; ";
    private static String config;

    @BeforeAll
    static void file() {
        TestHost.require();
        NotedJava.make();
        Signals.writeScripts();
        Wires.sh("mkdir -m 700 -p " + HOME + "; cp -a " + TestHost.ROOTFS + " " + TREE);
        config = define(
                "alone",
                "net: [{type: empty, flags: up}]",
                "limits: {memory: 64M, pids: 100}",
                "environment: [COLOUR=red]");
        compile(config, FILE);
    }

    @AfterAll
    static void forget() {
        assertThat(Wires.sh("find /sys/fs/cgroup -name 'alone*'")).isEmpty();
        assertThat(Boxes.leftovers()).isEmpty();
        Wires.sh("rm -rf " + HOME);
    }

    /** A configuration with the tree. */
    private static String define(String name, String... lines) {
        Path file = Path.of(HOME, name + ".yaml");
        try {
            Files.writeString(
                    file, "name: " + name + "\nrootfs: {path: " + TREE + "}\n" + String.join("\n", lines) + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file.toString();
    }

    private static void compile(String definition, String file) {
        Result made = NotedJava.jbox("compile", definition, "-o", file).result();
        assertThat(made).isEqualTo(new Result(0, "", ""));
    }

    /** Without a variable of the tests, and as root of nothing but a shell. */
    private static Result alone(String line) {
        return NotedJava.run(List.of("env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-c", line), Map.of())
                .result();
    }

    @ParameterizedTest
    @MethodSource("io.jbox.testhost.RunScripts#all")
    void theSameAsRun(String script) {
        Result jvm = NotedJava.sh(JVM + RunScripts.calling(NotedJava.JBOX + " run " + config + " --") + script)
                .result();
        NotedJava.Noted noted = NotedJava.sh(RunScripts.calling(FILE + " --") + script);

        assertThat(seen(noted.result())).isEqualTo(seen(jvm));
        assertThat(noted.jvms()).isZero();
    }

    private static Result seen(Result result) {
        Result seen = RunScripts.seen(result);
        return new Result(
                seen.exitCode(),
                seen.out(),
                // It is called without jbox, and says for which box it speaks.
                seen.err().replace("jbox: alone: descriptor", "jbox: descriptor"));
    }

    /** Input, output and error each a terminal or not; the terminal is as it was at the end. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "$X sh -c 'tty; stty -a; echo $TERM; ls -l /proc/self/fd | wc -l; exit 5'",
                "$X sh -c 'tty; echo out' >out; cat out",
                "$X sh -c 'tty; echo err >&2' 2>out; cat out",
                "$X sh -c 'tty; echo out; echo err >&2' >out 2>&1; cat out",
                "$X sh -c 'tty; echo out; echo err >&2' >out 2>err; cat out err",
                "$X sh -c 'tty; echo out; echo err >&2' </dev/null",
                "$X sh -c 'kill -9 $$'; stty -a; $X no-such; stty -a",
                "stty rows 33 cols 77; $X stty size; $X true >/dev/full; echo $?",
            })
    void theSameAsRunOnATerminal(String script) {
        // Input that never ends: script(1) types the end of it.
        String begin = "cd " + HOME + "; [ -p fifo ] || mkfifo fifo; echo '" + script.replace("'", "'\\''")
                + "' >script.sh; " + "TERM=vt220 script -qec 'sh script.sh' /dev/null 0<>fifo";
        Result jvm = NotedJava.sh(JVM + "export X='" + NotedJava.JBOX + " run " + config + " --'; " + begin)
                .result();
        Result file = NotedJava.sh("export X='" + FILE + " --'; " + begin).result();

        assertThat(seen(file)).isEqualTo(seen(jvm));
    }

    @Test
    void itTellsWhatItIsAndWhatItWouldDo() {
        assertThat(alone(FILE + " --version").out())
                .startsWith("alone: made by jbox ")
                .contains(" from " + config + " (sha256 ");
        assertThat(alone(FILE + " --help")).isEqualTo(new Result(0, """
                        usage: FILE [--plan | --version | --help] [--] COMMAND [ARGUMENT...]
                        runs a command in a new box; needs root, and the box's root file system
                        """, ""));
        for (String words : List.of("", "--", "-x", "--plam")) {
            assertThat(alone(FILE + " " + words).exitCode()).isEqualTo(125);
            assertThat(alone(FILE + " " + words).err()).startsWith("jbox: alone: usage: FILE [--plan");
        }
        String plan = alone(FILE + " --plan").out();
        assertThat(plan).contains("[jbox]\n", "\n[init]\n", "\n[pid 1]\n", "\n[command]\n");
        assertThat(plan)
                .contains("# open the root file system \"" + TREE + "\"   (" + config + ":")
                .contains("mkdirat(AT_FDCWD, \"/sys/fs/cgroup/")
                .contains("pipe2([<pipe1-outside>, <pipe1>], O_CLOEXEC)", "flock(<slot-lock>", "geteuid()", "fcntl(")
                .doesNotContain("/dev/ptmx");
        String copy = "/run/alone-copy";
        assertThat(alone("cp " + FILE + " " + copy + "; chmod 755 " + copy
                                + "; setpriv --reuid=5555 --clear-groups --inh-caps=-all " + copy + " --plan")
                        .out())
                .isEqualTo(plan);
        assertThat(alone("setpriv --reuid=5555 --clear-groups --inh-caps=-all " + copy + " true"))
                .isEqualTo(new Result(125, "", "jbox: alone: only root may run this program\n"));
        assertThat(alone("chmod 4755 " + copy + "; setpriv --reuid=5555 --clear-groups --inh-caps=-all " + copy
                        + " true; code=$?; rm " + copy + "; exit $code"))
                .isEqualTo(new Result(125, "", "jbox: alone: only root may run this program\n"));
    }

    /** Each at once has ids and cgroups of its own; there are eight. */
    @Test
    void severalAtOnceShareNothing() {
        Result all = alone("for i in 1 2 3 4 5 6 7 8; do " + FILE
                + " sh -c 'cat /proc/self/uid_map; sleep 2; true' & done; sleep 1;"
                + " ls /sys/fs/cgroup/*/jbox | grep -c alone~slot; cat /sys/fs/cgroup/*/jbox/alone~slot*/pids.max; "
                + FILE
                + " true; echo $?; wait; " + FILE + " true; echo $?");

        TreeSet<String> ids = new TreeSet<>();
        all.out().lines().filter(line -> line.endsWith(" 65536")).forEach(ids::add);
        assertThat(ids).hasSize(8);
        assertThat(all.out()).contains("\n100\n").contains("125\n").endsWith("0\n");
        assertThat(all.err()).isEqualTo("jbox: alone: 8 commands of it run already, and there are no more ids\n");
    }

    /** Nor with what jbox itself runs. */
    @Test
    void jboxAndTheFileAtOnceShareNothing() {
        Result all = NotedJava.sh(JVM + FILE + " sh -c 'cat /proc/self/uid_map; sleep 2' & sleep 0.5; $JBOX run "
                        + config + " -- cat /proc/self/uid_map; wait")
                .result();

        assertThat(new TreeSet<>(all.out().lines().toList())).hasSize(2);
    }

    /** Only a static busybox, /proc and /sys; no variables, and no shell in between. */
    @Test
    void itNeedsNothingButTheRootFileSystem() {
        String root = HOME + "/bare";
        Wires.sh("mkdir -p " + root + "/bin " + root + "/proc " + root + "/sys " + root + "/dev " + root + "/old "
                + root + TREE
                + "; cp -a " + TREE + "/. " + root + TREE + "; cp " + TREE + "/bin/busybox " + root + "/bin; cp " + FILE
                + " "
                + root + "/file");
        Result bare = alone("cd " + root + "; unshare -mpf --propagation private sh -c 'mount --bind . . && cd " + root
                + " && mount --rbind /dev dev && mount -t proc p proc && mount -t sysfs s sys && pivot_root . old"
                + " && exec /bin/busybox env -i /bin/busybox sh -c \"/bin/busybox umount -l /old; echo in | /file cat;"
                + " /file sh -c \\\"id -u; exit 7\\\"; echo \\$?; /file no-such; echo \\$?\"'");

        // Its limits are files of cgroups, which are not mounted there.
        assertThat(bare.err())
                .contains("jbox: alone: the cgroups of this host are not those that this program was made for");
        compile(plain(), root + "/file");
        bare = alone("cd " + root + "; unshare -mpf --propagation private sh -c 'mount --bind . . && cd " + root
                + " && mount --rbind /dev dev && mount -t proc p proc && mount -t sysfs s sys && pivot_root . old"
                + " && exec /bin/busybox env -i /bin/busybox sh -c \"/bin/busybox umount -l /old; echo in | /file cat;"
                + " /file sh -c \\\"id -u; exit 7\\\"; echo \\$?; /file no-such; echo \\$?\"'");
        assertThat(bare.out()).isEqualTo("in\n0\n7\n127\n");
        assertThat(bare.err())
                .isEqualTo("jbox: plain: execute \"no-such\": No such file or directory (ENOENT)\n"
                        + "  hint: the box has no such program, or lacks its interpreter or libraries\n");
    }

    private static String plain() {
        return define("plain", "net: [{type: empty, flags: up}]");
    }

    /** The host's cgroups need not be those where the file was made. */
    @Test
    void otherCgroupsAreBranches() {
        compile(plain(), HOME + "/plain");
        String none = "umount -R /sys/fs/cgroup; ";
        String second = none + "mount -t cgroup2 c /sys/fs/cgroup; ";
        String first = none + "mount -t tmpfs t /sys/fs/cgroup; mkdir /sys/fs/cgroup/pids; ";

        assertThat(elsewhere(none + HOME + "/plain id -u")).isEqualTo(new Result(0, "0\n", ""));
        assertThat(elsewhere(none + HOME + "/plain --plan | grep -c /jbox/plain~slot")
                        .out())
                .isEqualTo("0\n");
        assertThat(elsewhere(second + HOME + "/plain --plan | grep -c /sys/fs/cgroup/jbox/plain~slot0")
                        .out())
                .isNotEqualTo("0\n");
        // Where the controllers are elsewhere there is no pids.max, and everything before it is undone.
        Result run = elsewhere(second + HOME + "/plain id -u; ls /sys/fs/cgroup/jbox | grep -c plain");
        boolean has = elsewhere(second + "grep -c pids /sys/fs/cgroup/cgroup.controllers")
                        .exitCode()
                == 0;
        assertThat(run.out()).isEqualTo(has ? "0\n0\n" : "0\n");
        assertThat(run.err()).startsWith(has ? "" : "jbox: plain: set pids.max to \"4096\": openat: No such file");
        assertThat(elsewhere(first + HOME + "/plain id -u")).isEqualTo(new Result(125, "", """
                        jbox: plain: the cgroups of this host are not those that this program was made for
                          hint: jbox compile -o makes one for this host
                        """));
    }

    private static Result elsewhere(String line) {
        return alone("unshare -m --propagation private sh -c '" + line + "'");
    }

    /** It says what jbox would, with the place in the configuration, and leaves nothing. */
    @Test
    void whatFailsIsSaidAndUndone() {
        String bad = define("bad", "net: [{type: empty}]", "init: {cwd: /nowhere}");
        compile(bad, HOME + "/bad");
        Result jvm = NotedJava.sh(JVM + "$JBOX run " + bad + " -- true").result();

        assertThat(jvm.err()).contains("go to \"/nowhere\": chdir: No such file or directory (ENOENT)", "cwd");
        assertThat(alone(HOME + "/bad true")).isEqualTo(jvm);
        assertThat(Wires.sh("find /sys/fs/cgroup -name 'bad*'")).isEmpty();

        String cgroup = Wires.sh("ls -d /sys/fs/cgroup/pids/jbox").strip() + "/alone~slot0";
        Wires.sh("mkdir " + cgroup + "; sleep 31351 </dev/null >/dev/null 2>&1 & echo $! >" + cgroup + "/cgroup.procs");
        assertThat(alone(FILE + " true").err())
                .contains(
                        "mkdirat: File exists (EEXIST)\n  hint: it still contains processes of an earlier box of that name");
        assertThat(Wires.sh("find /sys/fs/cgroup -name 'alone*'").strip()).isEqualTo(cgroup);
        Wires.sh("kill $(cat " + cgroup + "/cgroup.procs); sleep 0.2; rmdir " + cgroup);

        Wires.sh("mv " + TREE + " " + TREE + ".away");
        String said = alone(FILE + " true").err();
        Wires.sh("mv " + TREE + ".away " + TREE);
        assertThat(said)
                .contains("open the root file system \"" + TREE + "\": openat2: No such file or directory (ENOENT)")
                .contains(config + ":");
        assertThat(alone(FILE + " true")).isEqualTo(new Result(0, "", ""));
    }

    /** What the host's jbox has given to somebody else is not used. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sed -i 's/ alone~slot0$/ given-away/' /var/lib/jbox/.ids/book | sed -i 's/ given-away$/ alone~slot0/' /var/lib/jbox/.ids/book"
                        + " | look whether the box has its line in /var/lib/jbox/.ids/book",
                "touch /var/lib/jbox/.ids/users; mv /run/alone/tree /run/alone/away; cp -a /run/alone/away /run/alone/tree"
                        + " | rm -r /run/alone/tree; mv /run/alone/away /run/alone/tree | look at \"/run/alone/tree\"",
            })
    void whatIsNoLongerItsOwnIsRefused(String change, String back, String step) {
        Wires.sh(change);
        Result refused = alone(FILE + " true");
        Wires.sh(back);

        assertThat(refused)
                .isEqualTo(
                        new Result(
                                125,
                                "",
                                "jbox: alone: " + step
                                        + ": it is not what it was when this program was made\n  hint: jbox compile -o makes another one\n"));
        assertThat(alone(FILE + " true")).isEqualTo(new Result(0, "", ""));
    }

    /** What the caller has open does not get into the box, and is in nobody's way. */
    @Test
    void openDescriptorsAreNotPassedOn() throws IOException {
        String open =
                "for n in 3 9 63 64 65 66 70 80 90 100 128 200 255 300 900; do eval \"exec $n</etc/passwd\"; done; ";

        assertThat(alone("exec bash -c '" + open + FILE + " sh -c \"ls -l /proc/self/fd | grep -c passwd; id -u\"'")
                        .out())
                .isEqualTo("0\n0\n");
        assertThat(alone("exec bash -c '" + open + "ulimit -n 200; " + FILE + " true'")
                        .err())
                .contains("have free numbers for descriptors", "ulimit -n");
        assertThat(alone(FILE + " ls /proc/self/fd 9</etc/passwd").out()).isEqualTo("0\n1\n2\n3\n");
        assertThat(alone(FILE + " sh -c 'cat; exit 3' <&- >&- 2>&-").exitCode()).isEqualTo(3);
    }

    /** Descriptors have other numbers where a host lacks something, or the configuration has no book of ids. */
    @ParameterizedTest
    @ValueSource(strings = {"['u 0 300000 65536', 'g 0 300000 65536']", "none"})
    void writtenIdsNeedNoBook(String ids) {
        String definition = define("ids", "net: [{type: empty, flags: up}]", "idmap: " + ids);
        compile(definition, HOME + "/ids");
        String file = HOME + "/ids sh -c 'cat /proc/self/uid_map; echo err >&2; exit 3'";
        Result jvm = NotedJava.sh(
                        JVM + "$JBOX run " + definition + " -- sh -c 'cat /proc/self/uid_map; echo err >&2; exit 3'")
                .result();
        String terminal = "script -qec \"" + HOME + "/ids tty\" /dev/null 0<>/run/alone-fifo";
        Wires.sh("mkfifo /run/alone-fifo");

        for (String hidden : List.of("", "mount -t tmpfs t /var/lib/jbox; ")) {
            String begin = "unshare -m --propagation private sh -c \"" + hidden + "exec sh /run/alone-script\"";
            Wires.sh("cat >/run/alone-script <<'E'\n" + file + "\nE");
            assertThat(alone(begin)).isEqualTo(jvm);
            Wires.sh("cat >/run/alone-script <<'E'\n" + file + " | cat; " + file + " >/dev/null; " + terminal + "\nE");
            assertThat(alone(begin).out()).endsWith("/dev/console\r\n");
        }
        Wires.sh("rm /run/alone-fifo /run/alone-script");
    }

    /** A file of the tree that another is mounted over is part of that. */
    @Test
    void whatIsMountedOverIsLookedAt() {
        Wires.sh("cp " + TREE + "/etc/hosts " + HOME + "/hosts; echo '10.1.2.3 new' >>" + TREE + "/etc/hosts");
        Result refused = alone(FILE + " true");
        Wires.sh("cp " + HOME + "/hosts " + TREE + "/etc/hosts");

        assertThat(refused.err())
                .isEqualTo(
                        "jbox: alone: check the files for name resolution in the root file system:"
                                + " it is not what it was when this program was made\n  hint: jbox compile -o makes another one\n");
        assertThat(alone(FILE + " true")).isEqualTo(new Result(0, "", ""));
    }

    /** What the file would write to a tree of the box's own is written by jbox first, and only once. */
    @Test
    void aTreeOfItsOwnHasItsNamesBefore() {
        Wires.sh("mkdir -m 700 -p /var/lib/jbox/own; cp -a " + TREE + " /var/lib/jbox/own/rootfs;"
                + " printf 'name: own\nnet: [{type: empty}]\n' >/var/lib/jbox/own/config.yaml");
        Result refused = NotedJava.jbox("compile", "own", "-o", HOME + "/own").result();
        assertThat(refused.err()).contains("jbox has not yet written its name").contains("jbox run own -- COMMAND");
        assertThat(NotedJava.sh(JVM + "$JBOX run own -- true").result().exitCode())
                .isZero();
        compile("own", HOME + "/own");
        assertThat(alone(HOME + "/own sh -c 'echo 10.1.2.3 new >>/etc/hosts'")).isEqualTo(new Result(0, "", ""));
        assertThat(alone(HOME + "/own tail -n 1 /etc/hosts").out()).isEqualTo("10.1.2.3 new\n");
        assertThat(NotedJava.sh(JVM + "$JBOX destroy own").result().exitCode()).isZero();
    }

    @Test
    void whereItIsWrittenTo() {
        Wires.sh("mknod -m 666 " + HOME + "/null c 1 3");
        compile(config, HOME + "/null");
        assertThat(Wires.sh("stat -c '%F %a' " + HOME + "/null")).isEqualTo("character special file 666\n");
        assertThat(NotedJava.jbox("compile", config, "-o", HOME + "/no/such")
                        .result()
                        .err())
                .contains(HOME + "/no/such: No such file or directory");
        assertThat(NotedJava.jbox("compile", config, "-o", HOME).result().exitCode())
                .isEqualTo(125);
        for (String words : List.of("--used", "--tool unshare")) {
            assertThat(NotedJava.sh("$JBOX compile " + words + " x -o " + HOME + "/x")
                            .result()
                            .err())
                    .contains("-o is for a box alone");
        }
    }

    /** Nobody keeps it from going on for long: who changes the book, or a command that was killed and has not ended. */
    @Test
    void itWaitsForWhatEndsSoon() {
        assertThat(alone("flock /var/lib/jbox/.ids/lock sleep 0.6 & sleep 0.2; " + FILE + " echo hi; wait"))
                .isEqualTo(new Result(0, "hi\n", ""));
        Result killed = alone("for i in 1 2 3 4 5 6 7 8; do " + FILE
                + " sleep 31353 </dev/null >/dev/null 2>&1 & p=$!; sleep 0.05; kill -9 $p; wait $p; " + FILE
                + " echo hi; done 2>&1");
        assertThat(killed.out().replaceAll("(?m)^Killed\n", "")).isEqualTo("hi\n".repeat(8));
    }

    /** What is said of a name is text, and a file that is too large is an error. */
    @Test
    void whatItSaysIsText() {
        assertThat(alone("exec bash -c \"" + FILE + " $'no\\\\nsuch\\\\e[31m\\\\x7fü'\"")
                        .err())
                .startsWith("jbox: alone: execute \"no?such?[31m?");
        // Standard error is a pipe, to which the limit is none.
        assertThat(alone("cd " + HOME + "; (ulimit -f 1000; " + FILE
                                + " head -c 3000000 /dev/zero >large; echo $?) 2>&1 | cat")
                        .out())
                .isEqualTo("jbox: alone: descriptor 1: write: File too large (EFBIG)\n125\n");
        assertThat(Wires.sh("find /sys/fs/cgroup -name 'alone*'")).isEmpty();
    }

    /** A box that keeps its input from moving on takes no processor of the host's. */
    @Test
    void waitingTakesNoTime() {
        Result used = alone("head -c 60000 /dev/zero >" + HOME + "/zeros; mkfifo " + HOME + "/pipe; sleep 5 >" + HOME
                + "/pipe & cat "
                + HOME + "/zeros >" + HOME + "/pipe & exec 5<" + HOME + "/pipe; " + FILE + " sleep 3 <&5 & p=$!; "
                + FILE
                + " sleep 3 <&5 & q=$!; sleep 2; cat /proc/$p/stat /proc/$q/stat; wait");
        for (String line : used.out().split("\n")) {
            String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ");
            // In ticks of 10 ms.
            assertThat(Integer.parseInt(fields[11]) + Integer.parseInt(fields[12]))
                    .as(line)
                    .isLessThan(50);
        }
    }

    @Test
    void whatIsKilledLeavesNothingForLong() {
        Wires.sh("for i in 1 2 3 4 5 6 7 8 9; do " + FILE
                + " sleep 31352 </dev/null >/dev/null 2>&1 & sleep 0.0$i; kill -9 $!; done;" + " wait");
        Boxes.await("commands are left", () -> TestHost.processes("sleep 31352").isEmpty());
        assertThat(alone(FILE + " echo hi")).isEqualTo(new Result(0, "hi\n", ""));
        // The cgroup of each slot is removed by the next command that has it, or by jbox.
        assertThat(NotedJava.sh(JVM + "$JBOX run " + config + " -- echo hi")
                        .result()
                        .out())
                .isEqualTo("hi\n");
        assertThat(Wires.sh("find /sys/fs/cgroup -name 'alone*'")).isEmpty();
    }

    /** What only jbox can do is refused, with the reason, and no file is made. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "net: [{type: veth, link: jboxbr0}] | it has a NIC of type veth",
                "hook: {pre-start: /bin/true} | it has hooks",
                "seccomp: {profile: none} | its seccomp profile is not the default one",
                "mount: {entry: ['/none none none bind,optional']} | it has an optional mount",
            })
    void whatNeedsJboxIsRefused(String line, String reason) {
        String definition = define("needs", line);
        Result refused =
                NotedJava.jbox("compile", definition, "-o", HOME + "/needs").result();

        assertThat(refused.exitCode()).isEqualTo(125);
        assertThat(refused.err()).startsWith("jbox: needs: cannot be a file of its own: " + reason);
        assertThat(Path.of(HOME, "needs")).doesNotExist();
    }

    @Test
    void theFileIsTheCallersAloneAndTheSameEachTime() throws IOException {
        compile(config, HOME + "/again");

        assertThat(Files.mismatch(Path.of(FILE), Path.of(HOME, "again"))).isEqualTo(-1);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(Path.of(FILE))))
                .isEqualTo("rwx------");
        assertThat(Wires.sh("ls -a " + HOME)).doesNotContain(".new");
    }
}
