package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Boxes against the host and against each other; each attack is also made where nothing stands in its way. */
class ConfinementIT {
    private static final Path SHARED = Path.of("/run/shared");
    private static final String SAME_IDS = "idmap: [b 0 200000 65536]";

    @BeforeAll
    static void host() throws IOException {
        TestHost.require();
        Files.createDirectories(SHARED);
        Files.writeString(SHARED.resolve("secret"), "of the host\n");
        Wires.sh("chmod 600 /run/shared/secret");
    }

    @AfterEach
    void stop() {
        for (String box : List.of("one", "two")) {
            TestHost.jbox("stop", "-k", box);
        }
        assertThat(Boxes.leftovers()).isEmpty();
    }

    @AfterAll
    static void clean() {
        Wires.sh("rm -rf /run/shared");
    }

    private static String start(String name, String... lines) {
        String[] all = new String[lines.length + 1];
        System.arraycopy(lines, 0, all, 1, lines.length);
        all[0] = Boxes.idle();
        Boxes.jbox("start", Boxes.define(name, all));
        return Boxes.jbox("pid", name).out().trim();
    }

    private static String exec(String box, String script) {
        return TestHost.jbox("exec", box, "--", "sh", "-c", script).out().trim();
    }

    private static long rootOf(String pid) throws IOException {
        return Long.parseLong(
                Files.readString(Path.of("/proc", pid, "uid_map")).trim().split(" +")[1]);
    }

    @Test
    void everyBoxHasIdsOfItsOwnAndKeepsThem() throws IOException {
        long one = rootOf(start("one"));
        long two = rootOf(start("two"));

        assertThat(Math.abs(one - two)).isGreaterThanOrEqualTo(65_536);
        assertThat(Boxes.jbox("info", "one").out()).contains("Root on host:  uid " + one + "\n");
        Boxes.jbox("stop", "-k", "one");
        assertThat(rootOf(start("one"))).isEqualTo(one);
        Boxes.jbox("stop", "-k", "one");
        Boxes.jbox("destroy", "one");
        assertThat(Files.readString(Path.of("/var/lib/jbox/.ids/book"))).doesNotContain(" one\n");
    }

    /** Whoever gets out of one box is nobody in the other. */
    @Test
    void usersOfOneBoxAreNobodyInAnother() throws IOException {
        String victim = start("one");
        long attacker = rootOf(start("two"));

        assertThat(attack(attacker, "kill -0 " + victim)).isNotZero();
        assertThat(attack(attacker, "ls /proc/" + victim + "/fd")).isNotZero();
        String trace = "timeout 1 strace -o /dev/null -p " + victim;
        assertThat(attack(attacker, trace)).isEqualTo(1);
        assertThat(attack(0, trace)).as("in time").isEqualTo(124);
        Boxes.jbox("stop", "-k", "one", "two");
        String shared = start("one", SAME_IDS);
        start("two", SAME_IDS);
        assertThat(attack(200_000, "kill -0 " + shared)).isZero();
    }

    private static int attack(long uid, String command) {
        return TestHost.run(
                        List.of("setpriv", "--reuid=" + uid, "--regid=" + uid, "--clear-groups", "sh", "-c", command),
                        Map.of())
                .exitCode();
    }

    @Test
    void whatIsTheHostsRootsIsNotTheBoxes() throws IOException {
        String entry = "mount: {entry: [/run/shared mnt none bind]}";
        start("one", entry);

        assertThat(exec("one", "cat /mnt/secret; echo x >/mnt/new; stat -c %u /mnt/secret"))
                .isEqualTo("65534");
        start("two", entry, "idmap: none");
        assertThat(exec("two", "cat /mnt/secret; echo x >/mnt/new; stat -c %u /mnt/secret"))
                .isEqualTo("of the host\n0");
        Files.delete(SHARED.resolve("new"));
    }

    @Test
    void aFolderThatIsToBeTheBoxesIsMappedToIt() throws IOException {
        start("one", "mount: {entry: [\"/run/shared mnt none bind,idmap=container\"]}");

        assertThat(exec("one", "cat /mnt/secret; echo x >/mnt/new; stat -c %u /mnt/new"))
                .isEqualTo("of the host\n0");
        assertThat(Files.getAttribute(SHARED.resolve("new"), "unix:uid")).isEqualTo(0);
        Files.delete(SHARED.resolve("new"));
    }

    /** The host's trees are opened before there is a user namespace: a folder of root's alone can be a box's. */
    @Test
    void aTreeThatOthersAreMountedInCanBeBound() {
        Wires.sh(
                "mkdir -p /run/shared/private/sub && chmod 700 /run/shared/private && mount -t tmpfs x /run/shared/private/sub");
        start(
                "one",
                "mount: {entry: [\"/run/shared/private mnt none rbind,ro\", \"/nonexistent tmp none bind,optional\"]}");

        assertThat(exec("one", "grep -c ' /mnt' /proc/self/mounts; touch /mnt/sub/x || echo ro"))
                .isEqualTo("2\nro");
        Boxes.jbox("stop", "-k", "one");
        Wires.sh("umount /run/shared/private/sub && rm -r /run/shared/private");
    }

    /** The files of a box are the host's root's outside: a setuid program among them must be nobody else's to execute. */
    @Test
    void aRootFileSystemThatOthersCanReachIsToldOf() {
        Wires.sh("cp -a " + TestHost.ROOTFS + " /run/open-rootfs && chmod 755 /run/open-rootfs");

        assertThat(TestHost.jbox("run", "--rootfs", "/run/open-rootfs", "--", "true")
                        .err())
                .contains("other users of this host can reach /run/open-rootfs")
                .contains("chmod 700");
        Wires.sh("chmod 700 /run/open-rootfs");
        assertThat(TestHost.jbox("run", "--rootfs", "/run/open-rootfs", "--", "true")
                        .err())
                .isEmpty();
        Wires.sh("rm -rf /run/open-rootfs");
    }

    /** CVE-2019-5736: what jbox itself runs in a box is sealed memory, not a file of the host's. */
    @Test
    void theProgramOfJboxInABoxCannotBeWritten() {
        for (String ids : List.of("auto", "none")) {
            Result result = TestHost.jbox(
                    "run",
                    "bbox-empty",
                    "-s",
                    "idmap=" + ids,
                    "--",
                    "sh",
                    "-c",
                    "echo x 2>/dev/null >/proc/1/exe || echo no; for f in exe cwd fd/0 fd/1; do readlink /proc/1/$f; done");

            assertThat(result.out()).isEqualTo("no\n");
        }
        // A program of the box's own shows all of that.
        start("one");
        assertThat(exec("one", "sleep 1 & sleep 0.2; for f in exe cwd; do readlink /proc/$!/$f; done"))
                .isEqualTo("/bin/busybox\n/root");
    }

    @Test
    void noMountOfTheHostIsLeftInAnOverlayEither() {
        Result result = TestHost.jbox(
                "run", "overlay", "--", "sh", "-c", "cut -d' ' -f2 /proc/self/mounts; ls -di / /.. | sort -u | wc -l");

        List<String> points = result.out().lines().toList();
        assertThat(points.get(0)).isEqualTo("/");
        assertThat(points.subList(0, points.size() - 1)).allMatch(point -> point.matches("/|/(dev|proc|sys)(/.*)?"));
        assertThat(Path.of("/var/lib/jbox/overlay/rootfs")).exists();
    }

    @Test
    void whatIsChangedInAnOverlayBelongsToTheHostsRootOutside() throws IOException {
        TestHost.jbox("run", "overlay", "--", "sh", "-c", "echo changed >/etc/by-overlay; chown 5:6 /etc/by-overlay");

        Path file = Path.of("/var/lib/jbox/overlay/rootfs/etc/by-overlay");
        assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(5);
        assertThat(Path.of(TestHost.ROOTFS, "etc/by-overlay")).doesNotExist();
        Wires.sh("rm -rf /var/lib/jbox/overlay");
    }

    /** Ids are given out under a lock: as many boxes at once as one likes. */
    @Test
    void commandsAtOnceNeverShareIds() throws InterruptedException {
        Set<String> maps = new HashSet<>();
        Thread[] threads = new Thread[8];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = new Thread(() -> {
                String map = TestHost.jbox("run", "bbox-empty", "--", "sh", "-c", "cat /proc/self/uid_map; sleep 2")
                        .out();
                synchronized (maps) {
                    maps.add(map);
                }
            });
            threads[i].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(maps).hasSize(threads.length);
    }

    /** On a file system that the kernel cannot map: the error says what to do, that is done once, and undone. */
    @Test
    void whereOwnersCannotBeMappedTheyAreShifted() throws IOException {
        Wires.sh(
                "mkdir -m 700 /run/plain; mount -t ramfs ramfs /run/plain; rootfs-scripts/busybox.sh /run/plain/r >/dev/null;"
                        + "cd /run/plain/r; chown 5:6 etc/group; touch suid; chmod 4755 suid; ln -s /run/shared/secret link;"
                        + " touch $(printf 'no\\351utf8')");
        String tree = "find /run/plain/r ! -name '.*' -printf '%U %G %m %P\\n' | sort";
        // The same file system as the tree, and somebody else's.
        Wires.sh("mkdir /run/plain/theirs /run/plain/r/srv/theirs; touch /run/plain/theirs/f;"
                + " mount --bind /run/plain/theirs /run/plain/r/srv/theirs");
        String before = Wires.sh(tree);
        try {
            String file = Boxes.define("one", Boxes.idle());
            Result mapped = TestHost.jbox("start", file, "-s", "rootfs.path=/run/plain/r");

            assertThat(mapped.exitCode()).isEqualTo(125);
            assertThat(mapped.err()).contains("cannot be mapped").contains("options: [shift]");
            long root = 0;
            for (int i = 0; i < 2; i++) {
                Boxes.jbox("start", file, "-s", "rootfs.path=/run/plain/r", "-s", "rootfs.options=shift");
                root = rootOf(Boxes.jbox("pid", "one").out().trim());
                assertThat(exec("one", "stat -c '%u %g %a' / /etc/group /suid /no*utf8"))
                        .isEqualTo("0 0 755\n5 6 644\n0 0 4755\n0 0 644");
                assertThat(Files.getAttribute(Path.of("/run/plain/r/etc/group"), "unix:uid"))
                        .isEqualTo((int) root + 5);
                assertThat(Files.getAttribute(Path.of("/run/plain/theirs/f"), "unix:uid"))
                        .isEqualTo(0);
                assertThat(Files.getAttribute(SHARED.resolve("secret"), "unix:uid"))
                        .isEqualTo(0);
                Result other = TestHost.jbox(
                        "run",
                        "-f",
                        file,
                        "-s",
                        "name=two",
                        "-s",
                        "rootfs.path=/run/plain/r",
                        "-s",
                        "idmap=none",
                        "--",
                        "true");
                assertThat(other.err()).contains("/run/plain/r: box one, which runs, uses /run/plain/r");
                assertThat(exec("one", "stat -c %u /etc/group")).isEqualTo("5");
                Boxes.jbox("stop", "-k", "one");
            }
            assertThat(TestHost.jbox(
                                    "run",
                                    "-f",
                                    file,
                                    "-s",
                                    "rootfs.path=/run/plain/r",
                                    "-s",
                                    "rootfs.options=shift",
                                    "-s",
                                    "idmap=[b 0 " + (root + 1000) + " 65536]",
                                    "--",
                                    "true")
                            .err())
                    .contains("which overlap with the new ones");
            // Half of it done by somebody who was killed.
            Wires.sh("chown -R 0:0 /run/plain/r/bin; chown 0:0 /run/plain/r");
            Boxes.jbox("run", "-f", file, "-s", "rootfs.path=/run/plain/r", "-s", "rootfs.options=shift", "--", "true");
            assertThat(Files.getAttribute(Path.of("/run/plain/r/bin/busybox"), "unix:uid"))
                    .isNotEqualTo(0);
            Boxes.jbox("run", "-f", file, "-s", "rootfs.path=/run/plain/r", "-s", "idmap=none", "--", "true");
            assertThat(Wires.sh(tree)).isEqualTo(before);
        } finally {
            TestHost.jbox("stop", "-k", "one");
            Wires.sh("umount /run/plain/r/srv/theirs; umount -l /run/plain; rmdir /run/plain");
        }
    }

    /** Also for its root, with the right to mount: what it has mounted itself shows what the attacks would do. */
    @Test
    void whatIsMountedForABoxStaysAsItIs() {
        start(
                "one",
                "cap: {keep: [sys_admin]}",
                "mount: {entry: [\"/run/shared mnt none bind,ro,nosuid,nodev,noexec,idmap=container\"]}");
        String remount =
                "for now in rw,nosuid,nodev,noexec ro,suid,nodev,noexec ro,nosuid,dev,noexec ro,nosuid,nodev,exec;"
                        + " do mount -o remount,bind,$now $1 2>/dev/null && echo -n \"$now \"; done; umount $1 2>/dev/null && echo off; echo";
        String attack = "attack() { " + remount + "; }; ";

        assertThat(exec("one", attack + "attack /mnt; unshare -m sh -c '" + remount + "' sh /mnt"))
                .isEmpty();
        assertThat(
                        exec(
                                "one",
                                "echo x >/mnt/secret; umount /proc/kcore; umount /proc/sys; head -c 1 /proc/kcore;"
                                        + " echo 1 >/proc/sys/kernel/hostname; mount --bind /proc /tmp; mount --bind / /tmp && ls /tmp/mnt"))
                .isEmpty();
        assertThat(exec("one", attack + "mount -t tmpfs -o ro,nosuid,nodev,noexec none /srv; attack /srv"))
                .isEqualTo("rw,nosuid,nodev,noexec ro,suid,nodev,noexec ro,nosuid,dev,noexec ro,nosuid,nodev,exec off");
        // Beside and over it, it may.
        assertThat(exec("one", "mount --bind /bin /mnt && ls /mnt/busybox && umount /mnt && ls /mnt"))
                .isEqualTo("/mnt/busybox\nsecret");
    }

    /** As a box needs that has boxes of its own: the kernel does not show in a new /proc what the old ones hide. */
    @Test
    void aProcIsMountedAnewWhereThereIsAWholeOne() {
        start("one", "cap: {keep: [sys_admin]}", "mount: {entry: [proc dev/.lxc/proc proc create=dir]}");

        assertThat(exec("one", "unshare -p -f -m sh -c 'mount -t proc proc /proc && ls -d /proc/[0-9]*'"))
                .isEqualTo("/proc/1");
    }

    /** Whoever has it, as a whole, as a part or as a layer. */
    @ParameterizedTest
    @CsvSource({
        "/run/tree/r, /run/tree/r",
        "overlay:/run/tree/r:/run/tree/upper, /run/tree/r",
        "/run/tree/r/part, /run/tree/r/part",
        "/run/tree, /run/tree"
    })
    void filesInUseAreNotGivenAway(String used, String named) throws IOException {
        Wires.sh(
                "mkdir -m 700 /run/tree; rootfs-scripts/busybox.sh /run/tree/r >/dev/null;"
                        + " for f in /run/tree /run/tree/r/part; do mkdir -p $f $f/dev $f/proc $f/sys; cp -a /run/tree/r/bin /run/tree/r/etc $f; done");
        Process user = TestHost.builder(TestHost.command(
                        "run",
                        "-f",
                        Boxes.define("user"),
                        "-s",
                        "rootfs.path=" + used,
                        "-s",
                        "idmap=none",
                        "--",
                        "sleep",
                        "4321"))
                .start();
        List<String> shift = List.of(
                "run",
                "-f",
                Boxes.define("one"),
                "-s",
                "rootfs.path=/run/tree/r",
                "-s",
                "rootfs.options=shift",
                "--",
                "stat",
                "-c",
                "%u",
                "/etc");
        try {
            Boxes.await(
                    "its user",
                    () -> TestHost.processes("sleep 4321").stream()
                            .anyMatch(line -> line.matches("[0-9]+ sleep 4321 ")));

            Result refused = TestHost.jbox(shift.toArray(new String[0]));

            assertThat(refused.exitCode()).isEqualTo(125);
            assertThat(refused.err()).startsWith("jbox: " + named + ": is in use");
            assertThat(Wires.sh("find /run/tree -uid +65535")).as("given away").isEmpty();
            Boxes.jbox("run", "-f", "/run/boxes/one.yaml", "-s", "rootfs.path=/run/tree/r", "--", "true");
            user.toHandle().destroyForcibly();
            TestHost.exitCode(user);
            Boxes.await("its end", () -> TestHost.processes("sleep 4321").isEmpty());
            assertThat(Boxes.jbox(shift.toArray(new String[0])).out()).isEqualTo("0\n");
            assertThat((int) Files.getAttribute(Path.of("/run/tree/r/etc"), "unix:uid"))
                    .isGreaterThan(65_535);
        } finally {
            user.toHandle().destroyForcibly();
            TestHost.jbox("run", "-f", "/run/boxes/one.yaml", "-s", "rootfs.path=/run/tree/r", "--", "true");
            Wires.sh("rm -rf /run/tree");
        }
    }

    /** Who can only read the folder, or one above it, keeps nobody from it (flock(2)). */
    @Test
    void othersLocksAreNobodys() throws IOException {
        Wires.sh("mkdir /run/tree; cp -a " + TestHost.ROOTFS + " /run/tree/r; chmod 755 /run/tree /run/tree/r");
        Process other = TestHost.builder(
                        List.of("flock", "-x", "/run/tree/r", "flock", "-x", "/run/tree", "sleep", "4322"))
                .start();
        try {
            Boxes.await(
                    "the locks",
                    () -> TestHost.processes("sleep 4322").stream()
                            .anyMatch(line -> line.matches("[0-9]+ sleep 4322 ")));
            String file = Boxes.define("one");
            Boxes.jbox("run", "-f", file, "-s", "rootfs.path=/run/tree/r", "--", "true");
            Boxes.jbox("run", "-f", file, "-s", "rootfs.path=/run/tree/r", "-s", "rootfs.options=shift", "--", "true");
        } finally {
            other.descendants().forEach(ProcessHandle::destroyForcibly);
            TestHost.end(other);
            Wires.sh("rm -rf /run/tree");
        }
    }

    /** A box may make folders in each other as it likes. */
    @Test
    void theDeepestTreeIsShifted() throws IOException {
        Wires.sh("mkdir -m 700 /run/tree; rootfs-scripts/busybox.sh /run/tree/r >/dev/null; cd /run/tree/r;"
                + " perl -e 'for (1..30000) { mkdir \"d\"; chdir \"d\" } open(F, \">deepest\")'");
        try {
            String file = Boxes.define("one");
            Boxes.jbox("run", "-f", file, "-s", "rootfs.path=/run/tree/r", "-s", "rootfs.options=shift", "--", "true");

            assertThat(Wires.sh("find /run/tree/r -uid -65536 | wc -l").trim()).isEqualTo("0");
            assertThat(Wires.sh("find /run/tree/r -name deepest | wc -l").trim())
                    .isEqualTo("1");
        } finally {
            Wires.sh("rm -rf /run/tree");
        }
    }

    @Test
    void shiftIsRefusedWhereItIsNone() {
        assertThat(TestHost.jbox("plan", Boxes.define("one", "idmap: [b 0 1000 65536]"), "-s", "rootfs.options=shift")
                        .err())
                .contains("shift: the range overlaps");
        String range = "idmap: [u 0 100000 10, g 0 200000 10]";
        assertThat(TestHost.jbox("plan", Boxes.define("one", range), "-s", "rootfs.options=shift")
                        .err())
                .contains("rootfs.options: shift: needs one range of ids");
        assertThat(TestHost.jbox(
                                "plan",
                                Boxes.define("one"),
                                "-s",
                                "rootfs.path=overlay:/run/a:/run/b",
                                "-s",
                                "rootfs.options=shift")
                        .err())
                .contains("shift: is for folders, not for overlays");
    }
}
