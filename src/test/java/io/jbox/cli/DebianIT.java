package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.jbox.testhost.Boxes;
import io.jbox.testhost.DebianArchive;
import io.jbox.testhost.Originals;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Root file systems of Debian packages, from an archive in this host's own files. */
class DebianIT {
    private static final Path FOLDER = Path.of("/run/debian");
    private static final Path STORE = Path.of("/var/lib/jbox/.store");
    private static final Path BOX = FOLDER.resolve("deb.yaml");
    private static final Path LOCK = FOLDER.resolve("deb.lock");
    /** In bytes. */
    private static final long MOST_SENT = 256 << 20;

    private static final String NAME = "deb:testing-suite?variant=essential&package=greeting";

    private static DebianArchive archive;

    @BeforeAll
    static void host() throws IOException {
        TestHost.require();
        archive = new DebianArchive(FOLDER, "hanging", "failing", "random", "greet-else", "busybox-static");
    }

    @BeforeEach
    void files() throws IOException {
        Files.writeString(
                BOX,
                "rootfs: {debian: {suite: testing-suite, variant: essential, packages: [greeting]}}\n"
                        + "init: {cmd: [/bin/sh, -c, 'trap \"exit 0\" PWR; while :; do sleep 1; done']}\n"
                        + "net: [{type: empty}]\n");
    }

    @AfterEach
    void clean() {
        TestHost.jbox("stop", "-k", "deb");
        Wires.sh("rm -rf /var/lib/jbox/deb " + STORE + " " + FOLDER + "/*.lock " + FOLDER + "/store*");
    }

    @AfterAll
    static void end() {
        archive.close();
    }

    private static String well(String... words) {
        Result result = TestHost.jbox(words);
        assertThat(result.exitCode()).as(result.err()).isZero();
        return result.out();
    }

    private static String failure(String... words) {
        Result result = TestHost.jbox(words);
        assertThat(result.exitCode()).as(result.out()).isEqualTo(125);
        assertThat(result.err()).startsWith("jbox: ");
        return result.err();
    }

    private static String greeting() {
        return well("exec", "deb", "--", "cat", "/usr/share/greeting");
    }

    /** What the store would have behind in a failure. */
    private static void assertNothingIsLeft() {
        assertThat(Wires.sh("cd " + STORE + " && ls trees images names making")).doesNotContainPattern("(?m)^[^\n:]+$");
    }

    @Test
    void aBoxIsMadeOfPackages() {
        Result started = TestHost.run(TestHost.command("start", BOX.toString()), Map.of("CALLERS_SECRET", "mine"));
        assertThat(started.exitCode()).as(started.err()).isZero();

        assertThat(greeting()).isEqualTo("greeting 1.0\n");
        // Whoever sets packages up is root of nothing but these files, and sees nothing of the host.
        assertThat(well("exec", "deb", "--", "cat", "/usr/share/greeting-user", "/usr/share/greeting-networks"))
                .startsWith("0\n")
                .contains(" lo:")
                .doesNotContain("eth");
        assertThat(well("exec", "deb", "--", "cat", "/usr/share/greeting-ids")).isEqualTo("its own\n");
        assertThat(well("exec", "deb", "--", "cat", "/usr/share/greeting-environment"))
                .contains("SOURCE_DATE_EPOCH=1730455200")
                .doesNotContain("CALLERS_SECRET");
        assertThat(well("exec", "deb", "--", "sh", "-c", "ls /etc /etc/dpkg/dpkg.cfg.d 2>&1"))
                .doesNotContain("99mmdebstrap");
        assertThat(well("store", "ls")).contains(NAME + " linux/").contains("/var/lib/jbox/deb/rootfs");
        assertThat(well("config", "show", BOX.toString())).contains("rootfs.debian.suite");
        assertThat(well("run", "--image", NAME, "--", "cat", "/usr/share/greeting"))
                .isEqualTo("greeting 1.0\n");
        assertThat(Wires.sh("ls " + STORE + "/making")).isEmpty();
    }

    @Test
    void aLockKeepsThePackagesWhateverTheArchiveHasLater() throws IOException {
        well("lock", BOX.toString());
        String lock = Files.readString(LOCK);
        assertThat(lock)
                .contains("name: \"" + NAME + "\"", "epoch: 1730455200\n")
                .containsPattern("- \"greeting 1.0 pool/main/greeting_1.0_all.deb [0-9]+ [0-9a-f]{64}\"\n");
        assertThat(TestHost.jbox("lock", "--check", BOX.toString()).exitCode()).isZero();
        archive.add("2.0");
        try {
            // On another machine, so to speak.
            Wires.sh("rm -rf " + STORE);
            well("start", "--frozen", BOX.toString());
            assertThat(greeting()).isEqualTo("greeting 1.0\n");
            well("stop", "-k", "deb");
            Wires.sh("rm -rf /var/lib/jbox/deb");

            well("lock", "--update", BOX.toString());
            assertThat(Files.readString(LOCK)).isNotEqualTo(lock).contains("greeting 2.0 ");
            well("start", "--frozen", BOX.toString());
            assertThat(greeting()).isEqualTo("greeting 2.0\n");
        } finally {
            Wires.sh("rm " + archive.file("greeting", "2.0"));
            archive.add("1.0");
        }
    }

    /** A folder of the box's own, as without a lock; but its busybox is not this host's. */
    @Test
    void theBusyboxTemplateCanBeLocked() throws IOException {
        Files.writeString(
                BOX, "rootfs: {template: busybox}\nsignal: {halt: SIGUSR1, reboot: SIGTERM}\nnet: [{type: empty}]\n");
        assertThat(failure("start", "--frozen", BOX.toString())).contains("rootfs.template: there is no " + LOCK);
        well("lock", BOX.toString());
        assertThat(Files.readString(LOCK))
                .contains("name: \"deb:stable?variant=busybox\"")
                .containsPattern("- \"busybox-static 1.0 pool/main/busybox-static_1.0_all.deb [0-9]+ [0-9a-f]{64}\"\n");
        assertThat(well("plan", BOX.toString()))
                .contains("copy-tree\", \"/var/lib/jbox/deb/rootfs\", \"" + STORE + "/trees/");
        // On another machine, so to speak.
        Wires.sh("rm -rf " + STORE);

        well("start", "--frozen", BOX.toString());

        Path rootfs = Path.of("/var/lib/jbox/deb/rootfs");
        assertThat(Wires.sh("tail -c 15 " + rootfs + "/bin/busybox")).isEqualTo("of the archive\n");
        assertThat(well("exec", "deb", "--", "stat", "-c", "%u:%g %a", "/etc/shadow", "/bin/busybox"))
                .isEqualTo("0:0 600\n0:0 755\n");
        assertThat(well("exec", "deb", "--", "cat", "/proc/mounts")).doesNotContain("overlay /");
        well("stop", "-k", "deb");
        // What is in the box's own folder stays, whatever a lock says later.
        Files.writeString(rootfs.resolve("root/mine"), "");
        Files.writeString(LOCK, Files.readString(LOCK).replaceAll("tree: \"[0-9a-f]", "tree: \"0"));
        well("start", "--frozen", BOX.toString());
        assertThat(rootfs.resolve("root/mine")).exists();
        well("stop", "-k", "deb");
        Wires.sh("rm -rf " + rootfs);
        assertThat(failure("start", BOX.toString())).contains("its tree is ", "and the lock has 0");
        assertThat(rootfs).doesNotExist();
    }

    /** Its busybox is executed while it is made: in a box. */
    @Test
    void aBusyboxOfAPackageIsExecutedOnlyInABox() throws IOException {
        Path deb = archive.file("busybox-static", "1.0");
        Path aside = FOLDER.resolve("busybox.deb");
        Files.move(deb, aside);
        try {
            Wires.sh("cd " + FOLDER + " && dpkg-deb -R " + aside + " evil && printf '#!/bin/sh\\n"
                    + "[ \"$1\" != true ] || exit 0; touch /run/busybox-ran /tmp/busybox-ran; id >&2; exit 3\\n' >evil/bin/busybox && dpkg-deb -b evil "
                    + deb);
            archive.add("1.0");
            String said = failure("run", "--image", "deb:stable?variant=busybox", "--", "true");
            assertThat(said).contains("busybox.sh: uid=0");
            assertThat(Path.of("/run/busybox-ran")).doesNotExist();
            assertThat(Path.of("/tmp/busybox-ran")).doesNotExist();
            assertNothingIsLeft();
        } finally {
            Wires.sh("rm -r " + FOLDER + "/evil");
            Files.move(aside, deb, StandardCopyOption.REPLACE_EXISTING);
            archive.add("1.0");
        }
    }

    @Test
    void theTreeIsTheSameWhereverItIsMade() {
        String one = FOLDER + "/store1";
        String other = FOLDER + "/store2";
        Wires.sh("bin/jbox store --store " + one + " pull '" + NAME + "'");
        Wires.sh("mkdir -p " + other + " && mount -t tmpfs none " + other);
        try {
            // A name, a time zone, a umask, a language and a file system of its own.
            Wires.sh(
                    "unshare --uts sh -c 'hostname elsewhere; umask 077; TZ=Asia/Tokyo LC_ALL=C bin/jbox store --store "
                            + other + " pull \"" + NAME + "\"'");
            assertThat(Wires.sh("ls " + other + "/trees"))
                    .isEqualTo(Wires.sh("ls " + one + "/trees"))
                    .hasSize(65);
        } finally {
            Wires.sh("umount " + other);
        }
    }

    @Test
    void aTreeThatIsNotTheLocksIsNamedByItsFirstFile() throws IOException {
        well("lock", BOX.toString());
        well("store", "pull", "deb:testing-suite?variant=essential");
        String lock = Files.readString(LOCK);
        String own = lock.replaceAll("(?s).*tree: \"([0-9a-f]{64})\".*", "$1");
        String other = Wires.sh("ls " + STORE + "/trees | grep -v " + own).strip();
        Files.writeString(LOCK, lock.replace(own, other));

        assertThat(failure("start", BOX.toString()))
                .contains("its tree is " + own, "the first file that differs is \"", BOX + ":1:");
    }

    @Test
    void aPackageThatIsInNoArchiveAnyMoreIsNamed() {
        well("lock", BOX.toString());
        Path gone = archive.file("greeting", "1.0");
        Wires.sh("mv " + gone + " " + FOLDER + "; rm -rf " + STORE + "/trees/* " + STORE + "/names/* " + STORE
                + "/images/*");
        try {
            // The store has it still.
            well("start", BOX.toString());
            well("stop", "-k", "deb");
            Wires.sh("rm -rf /var/lib/jbox/deb " + STORE);

            assertThat(failure("start", BOX.toString()))
                    .contains("rootfs.debian: ", "package greeting 1.0 cannot be had: ", "snapshots", BOX + ":1:");
            assertNothingIsLeft();
        } finally {
            Wires.sh("mv " + FOLDER + "/greeting_1.0_all.deb " + gone);
        }
    }

    @Test
    void aPackageWithOtherBytesIsRefused() throws IOException {
        Path file = archive.file("greeting", "1.0");
        byte[] good = Files.readAllBytes(file);
        byte[] bad = good.clone();
        bad[bad.length - 1] ^= 1;
        Files.write(file, bad);
        try {
            assertThat(failure("start", BOX.toString()))
                    .contains("greeting 1.0 cannot be had: ", "Hash Sum mismatch", BOX + ":1:");
            assertNothingIsLeft();
        } finally {
            Files.write(file, good);
        }
    }

    @Test
    void anArchiveThatNobodyHasSignedIsRefused() throws IOException {
        Path list = archive.archive().resolve("dists/testing-suite/InRelease");
        String good = Files.readString(list);
        Files.writeString(list, good.replace("Origin: jbox", "Origin: else"));
        try {
            assertThat(failure("start", BOX.toString())).contains("apt-get: ", "InRelease", BOX + ":1:");
            assertNothingIsLeft();
        } finally {
            Files.writeString(list, good);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "debian: {packages: [git]}; rootfs.debian.suite is missing",
                "debian: {suite: '../etc'}; rootfs.debian.suite",
                "debian: {suite: a, packages: ['-x']}; rootfs.debian.packages",
                "debian: {suite: a, packages: ['git&reboot']}; rootfs.debian.packages",
                "debian: {suite: a, variant: huge}; rootfs.debian.variant",
                "debian: {suite: a, mirror: 'ftp://x/'}; rootfs.debian.mirror",
                "debian: {suite: a, mirror: 'http://x/ [trusted=yes]'}; rootfs.debian.mirror",
                "'debian: {suite: a}, image: \"alpine\"'; cannot be combined with rootfs.debian",
                "path: /srv, steps: [true]; rootfs.steps: there is no image",
                "debian: {suite: none-such}; none-such",
                "'debian: {suite: testing-suite, variant: essential, packages: [none-such]}'; none-such"
            })
    void badOnesAreRefusedWithTheirPlace(String rootfs, String complaint) throws IOException {
        Files.writeString(
                BOX, "net: [{type: empty}]\nrootfs: {" + rootfs + "}\n", StandardOpenOption.TRUNCATE_EXISTING);

        assertThat(failure("start", BOX.toString())).contains(complaint, BOX + ":2:");
    }

    private static void steps(String... commands) throws IOException {
        Files.writeString(
                BOX,
                "rootfs:\n  debian: {suite: testing-suite, variant: essential, packages: [greeting]}\n  steps:\n    - "
                        + String.join("\n    - ", commands)
                        + "\ninit: {cmd: [/bin/sh, -c, 'trap \"exit 0\" PWR; while :; do sleep 1; done']}\n"
                        + "net: [{type: empty}]\n");
    }

    private static int trees() {
        return Wires.sh("ls " + STORE + "/trees").split("\n").length;
    }

    @Test
    void stepsCompleteIt() throws IOException {
        steps("cat /usr/share/greeting >/first; id -u >/who", "ls /sys/class/net >/second; cat /first >>/second");
        assertThat(failure("plan", BOX.toString())).contains("is not in the store");
        well("start", BOX.toString());

        assertThat(well("exec", "deb", "--", "cat", "/first", "/who", "/second"))
                .isEqualTo("greeting 1.0\n0\nlo\ngreeting 1.0\n");
        // Nothing of it is in the box's own files, and what it was made in is gone.
        assertThat(Wires.sh("ls /var/lib/jbox/deb/rootfs; ls " + STORE + "/uppers " + STORE + "/making"))
                .doesNotContain("first")
                .doesNotContain("step");
        assertThat(trees()).isEqualTo(3);
        well("stop", "-k", "deb");

        // A box keeps what its files lie over, and says where steps have changed.
        steps("cat /usr/share/greeting >/first; id -u >/who", "echo other >/second");
        assertThat(failure("start", BOX.toString())).contains("lie over another image", "jbox reset", BOX + ":2:");
        well("reset", BOX.toString());
        well("start", BOX.toString());
        assertThat(well("exec", "deb", "--", "cat", "/second")).isEqualTo("other\n");
        // The first step was not taken again.
        assertThat(trees()).isEqualTo(4);
    }

    @Test
    void aStepThatFailsLeavesNothing() throws IOException {
        steps("echo made >/made", "echo no such thing >&2; exit 3");

        assertThat(failure("start", BOX.toString()))
                .contains("rootfs.steps.1: exit code 3: no such thing", BOX + ":5:")
                .doesNotContain("rootfs.debian");

        assertThat(Wires.sh("ls " + STORE + "/uppers " + STORE + "/making")).doesNotContain("step");
        // What came before is kept: only the failed one is taken again.
        assertThat(trees()).isEqualTo(2);
    }

    @Test
    void stepsAreTakenOnWhatTheLockHas() throws IOException {
        steps("cp /usr/share/greeting /made");
        well("lock", BOX.toString());
        archive.add("2.0");
        try {
            Wires.sh("rm -rf " + STORE);
            well("start", "--frozen", BOX.toString());
            assertThat(well("exec", "deb", "--", "cat", "/made")).isEqualTo("greeting 1.0\n");
            well("stop", "-k", "deb");
            well("start", "--frozen", BOX.toString());
        } finally {
            Wires.sh("rm " + archive.file("greeting", "2.0"));
            archive.add("1.0");
        }
    }

    @Test
    void packagesThatNoTreeIsMadeOfAreCollected() {
        well("store", "pull", NAME);
        assertThat(Wires.sh("ls " + STORE + "/packages").split("\n")).hasSize(2);
        well("store", "gc");
        assertThat(Wires.sh("ls " + STORE + "/packages").split("\n")).hasSize(2);

        well("store", "gc", "-a");

        assertThat(Wires.sh("ls " + STORE + "/packages " + STORE + "/trees")).doesNotContainPattern("[0-9a-f]{64}");
    }

    /** A script that never ends, and ignores what would end it, ends with the jbox that waits for it. */
    @Test
    void whatSetsPackagesUpEndsWithJbox() throws Exception {
        String hanging = "deb:testing-suite?variant=essential&package=hanging";
        Process pull = new ProcessBuilder(TestHost.command("store", "pull", hanging)).start();
        Boxes.await("the script runs", () -> !TestHost.processes("sleep 4711").isEmpty());

        pull.destroyForcibly().waitFor();

        Boxes.await("the script ends", () -> TestHost.processes("sleep 4711").isEmpty());
        Boxes.await("mmdebstrap ends", () -> TestHost.processes("mmdebstrap").isEmpty());
        well("store", "gc");
        well("tidy-up");
        assertThat(Wires.sh("ls " + STORE + "/uppers " + STORE + "/making")).doesNotContain("debian-");
        assertThat(Boxes.leftovers()).isEmpty();
    }

    /** Each in a box with other ids, which leave no trace in the tree. */
    @Test
    void severalMayMakeTheSameAtOnce() {
        Wires.sh("for i in 1 2 3; do bin/jbox store pull '" + NAME + "' >/dev/null & p=\"$p $!\"; done; "
                + "for one in $p; do wait $one || exit 1; done");

        assertThat(Wires.sh("ls " + STORE + "/trees").split("\n")).hasSize(1);
        assertThat(Wires.sh("ls " + STORE + "/packages").split("\n")).hasSize(2);
    }

    /** Words that apt would take for something else than one package. */
    @ParameterizedTest
    @ValueSource(strings = {"gr.eting", "greeting-", "greet+"})
    void aNameIsThatOfOnePackage(String name) {
        assertThat(failure("store", "pull", "deb:testing-suite?variant=essential&package=" + name))
                .contains("the archive has no package " + name);
    }

    /** Its hooks would be executed as root, and its settings change what is chosen. */
    @Test
    void theHostsAptSettingsChangeNothing() throws IOException {
        Path settings = FOLDER.resolve("apt/apt.conf.d/99x");
        Files.writeString(
                settings,
                "APT::Default-Release \"stable\";\nAPT::Install-Suggests \"true\";\nAPT::Update::Pre-Invoke {\"touch "
                        + FOLDER + "/invoked\";};\nAPT::Update::Post-Invoke {\"touch " + FOLDER
                        + "/invoked; false\";};\n");
        try {
            well("store", "pull", NAME);
            assertThat(FOLDER.resolve("invoked")).doesNotExist();
        } finally {
            Files.delete(settings);
        }
    }

    /** The host reads nothing of a package but its checksum: dpkg-deb would unpack what its maker has written, in /tmp. */
    @Test
    void whatAPackageSaysOfItselfIsReadInABox() throws IOException {
        Path deb = archive.file("greeting", "1.0");
        Path aside = FOLDER.resolve("greeting.deb");
        Files.move(deb, aside);
        Wires.sh("dpkg-deb -R " + aside + " " + FOLDER + "/large && head -c 4194304 /dev/urandom >" + FOLDER
                + "/large/DEBIAN/large && dpkg-deb -b " + FOLDER + "/large " + deb + " && src/test/debian/index.sh "
                + archive.archive());
        Wires.sh("mount -t tmpfs -o size=64k tmpfs /tmp");
        try {
            well("start", BOX.toString());
            assertThat(greeting()).isEqualTo("greeting 1.0\n");
        } finally {
            Wires.sh("umount /tmp; rm -r " + FOLDER + "/large");
            Files.move(aside, deb, StandardCopyOption.REPLACE_EXISTING);
            archive.add("1.0");
        }
    }

    /** An archive, or who is on the way to it, sends what it likes. */
    @Test
    void aPackageThatDoesNotEndIsCutOff() throws IOException {
        AtomicLong sent = new AtomicLong();
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", exchange -> {
            Path file =
                    archive.archive().resolve(exchange.getRequestURI().getPath().substring(1));
            if (!Files.isRegularFile(file)) {
                exchange.sendResponseHeaders(404, -1);
            } else if (file.equals(archive.file("greeting", "1.0"))) {
                exchange.sendResponseHeaders(200, 0);
                byte[] more = new byte[1 << 20];
                while (sent.get() < MOST_SENT) {
                    sent.addAndGet(more.length);
                    exchange.getResponseBody().write(more);
                }
            } else {
                byte[] all = Files.readAllBytes(file);
                exchange.sendResponseHeaders(200, all.length);
                exchange.getResponseBody().write(all);
            }
            exchange.close();
        });
        server.start();
        try {
            String mirror = "http://127.0.0.1:" + server.getAddress().getPort();
            Files.writeString(
                    FOLDER.resolve("apt/sources.list"),
                    "deb [signed-by=" + archive.archive() + "/archive.gpg] " + mirror + " testing-suite main\n");
            assertThat(failure("start", BOX.toString())).contains("greeting 1.0 cannot be had: ");
            assertThat(sent.get()).isPositive().isLessThan(MOST_SENT / 2);
            assertNothingIsLeft();
        } finally {
            server.stop(0);
            archive.writeSources();
        }
    }

    /** The same packages may have been set up in another way before: what a lock has is what steps begin with. */
    @Test
    void stepsBeginWithTheTreeThatIsLocked() throws IOException {
        String name = "deb:testing-suite?variant=essential&package=random";
        Files.writeString(
                BOX,
                "rootfs: {debian: {suite: testing-suite, variant: essential, packages: [random]},"
                        + " steps: [cp /usr/share/random /root/random]}\nnet: [{type: empty}]\n"
                        + "init: {cmd: [/bin/sh, -c, 'trap \"exit 0\" PWR; while :; do sleep 1; done']}\n");
        well("start", BOX.toString());
        String before = well("exec", "deb", "--", "cat", "/root/random");
        well("stop", "-k", "deb");
        Wires.sh("rm -rf /var/lib/jbox/deb");
        well("store", "pull", name);
        well("lock", BOX.toString());

        well("start", "--frozen", BOX.toString());
        assertThat(well("exec", "deb", "--", "cat", "/root/random"))
                .isNotEqualTo(before)
                .isEqualTo(well("exec", "deb", "--", "cat", "/usr/share/random"));
    }

    /** Whoever wrote an archive does not decide what an image is that a store knows. */
    @Test
    void anImportReplacesNoImage() {
        String name = "deb:testing-suite?variant=essential&package=random";
        Wires.sh("bin/jbox store --store " + FOLDER + "/store1 pull '" + name + "'");
        Wires.sh("bin/jbox store --store " + FOLDER + "/store1 export '" + name + "' -o " + FOLDER + "/store1.tar");
        well("store", "pull", name);

        String tree = Wires.sh("ls " + STORE + "/trees");
        assertThat(failure("store", "import", FOLDER + "/store1.tar"))
                .contains("has another tree in this store, " + tree.strip());
        assertThat(Wires.sh("ls " + STORE + "/trees")).isEqualTo(tree);
    }

    @Test
    void onePackageOfALockIsUpdated() throws IOException {
        Files.writeString(BOX, Files.readString(BOX).replace("[greeting]", "[greeting, greet-else]"));
        well("lock", BOX.toString());
        assertThat(TestHost.jbox("lock", BOX.toString(), "greeting").err())
                .contains("names of packages belong to --update");
        archive.add("2.0");
        try {
            well("lock", "--update", BOX.toString(), "greet-else");
            assertThat(Files.readString(LOCK)).contains("\"greeting 1.0 ", "\"greet-else 1.0 ");
            well("start", "--frozen", BOX.toString());
            assertThat(greeting()).isEqualTo("greeting 1.0\n");
            well("stop", "-k", "deb");
            assertThat(failure("lock", "--update", BOX.toString(), "nosuch"))
                    .contains("the archive has no package nosuch");

            well("lock", "--update", BOX.toString(), "greeting");
            assertThat(Files.readString(LOCK)).contains("\"greeting 2.0 ", "\"greet-else 1.0 ");
        } finally {
            Wires.sh("rm " + archive.file("greeting", "2.0"));
            archive.add("1.0");
        }
    }

    @Test
    void aLockMustHaveThePackagesThatAreWritten() throws IOException {
        well("lock", BOX.toString());
        Files.writeString(LOCK, Files.readString(LOCK).replaceAll("(?m)^.*\"greeting .*\n", ""));
        assertThat(failure("start", BOX.toString()))
                .contains("deb.lock lacks the package greeting for linux/", BOX + ":1:", "jbox lock --update ");
    }

    @Test
    void aScriptThatFailsLeavesNothing() throws IOException {
        Files.writeString(BOX, Files.readString(BOX).replace("[greeting]", "[failing]"));
        assertThat(failure("start", BOX.toString())).contains("rootfs.debian: ", BOX + ":1:");
        assertNothingIsLeft();
    }

    /** With the ids that a user has by /etc/subuid. */
    @Test
    void anOrdinaryUserMakesThemAsWell() throws IOException {
        Path home = FOLDER.resolve("home");
        Originals.makeUser();
        try {
            Files.createDirectories(home.resolve("run"));
            Wires.sh("chown -R 4242:4242 " + home + "; chmod 700 " + home + "; chmod 755 " + FOLDER);
            List<String> words = new ArrayList<>(
                    Originals.asUser(TestHost.command("run", "--image", NAME, "--", "cat", "/usr/share/greeting")));

            Result result = TestHost.run(
                    words, Map.of("HOME", home.toString(), "XDG_RUNTIME_DIR", home + "/run", "JBOX_ARCHIVE", "off"));

            assertThat(result.err()).doesNotContain("jbox: deb:");
            assertThat(result.out()).isEqualTo("greeting 1.0\n");
            assertThat(Wires.sh("ls " + home + "/.local/share/jbox/.store/making"))
                    .isEmpty();
            // With other ids it is the same tree.
            well("store", "pull", NAME);
            assertThat(Wires.sh("ls " + home + "/.local/share/jbox/.store/trees"))
                    .isEqualTo(Wires.sh("ls " + STORE + "/trees"));
            // A copy of the locked tree belongs to the user, as what the template's script makes does.
            Path box = home.resolve("mine.yaml");
            Files.writeString(box, "rootfs: {template: busybox}\nnet: [{type: empty}]\n");
            Wires.sh("chown 4242 " + home + " " + box);
            for (List<String> command : List.of(
                    TestHost.command("lock", box.toString()),
                    TestHost.command("run", box.toString(), "--", "sh", "-c", "tail -c 15 /bin/busybox; id -u"))) {
                result = TestHost.run(
                        new ArrayList<>(Originals.asUser(command)),
                        Map.of("HOME", home.toString(), "XDG_RUNTIME_DIR", home + "/run", "JBOX_ARCHIVE", "off"));
                assertThat(result.exitCode()).as(result.err()).isZero();
            }
            assertThat(result.out()).isEqualTo("of the archive\n0\n");
        } finally {
            Originals.forgetUser();
        }
    }
}
