package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.DebianArchive;
import io.jbox.testhost.Originals;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Root file systems of Debian packages, from an archive in this host's own files. */
class DebianIT {
    private static final Path FOLDER = Path.of("/run/debian");
    private static final Path STORE = Path.of("/var/lib/jbox/.store");
    private static final Path BOX = FOLDER.resolve("deb.yaml");
    private static final Path LOCK = FOLDER.resolve("deb.lock");
    private static final String NAME = "deb:testing-suite?variant=essential&package=greeting";

    private static DebianArchive archive;

    @BeforeAll
    static void host() throws IOException {
        TestHost.require();
        archive = new DebianArchive(FOLDER);
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
        well("start", BOX.toString());

        assertThat(greeting()).isEqualTo("greeting 1.0\n");
        // Whoever sets packages up is root of nothing but these files, and has no network.
        assertThat(well("exec", "deb", "--", "cat", "/usr/share/greeting-user", "/usr/share/greeting-networks"))
                .startsWith("0\n")
                .contains(" lo:")
                .doesNotContain("eth")
                .doesNotContain("veth");
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

    @Test
    void theTreeIsTheSameWhereverItIsMade() {
        String one = FOLDER + "/store1";
        String other = FOLDER + "/store2";
        Wires.sh("bin/jbox store --store " + one + " pull '" + NAME + "'");
        // A name, a time zone, a umask, a language and a file system of its own.
        Wires.sh("mkdir -p " + other + " && mount -t tmpfs none " + other
                + " && unshare --uts sh -c 'hostname elsewhere; "
                + "umask 077; TZ=Asia/Tokyo LC_ALL=C bin/jbox store --store " + other + " pull \"" + NAME + "\"'");
        try {
            assertThat(Wires.sh("ls " + other + "/trees"))
                    .isEqualTo(Wires.sh("ls " + one + "/trees"))
                    .hasSize(65);
        } finally {
            Wires.sh("umount " + other);
        }
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
                "debian: {suite: none-such}; none-such",
                "'debian: {suite: testing-suite, variant: essential, packages: [none-such]}'; none-such"
            })
    void badOnesAreRefusedWithTheirPlace(String rootfs, String complaint) throws IOException {
        Files.writeString(
                BOX, "net: [{type: empty}]\nrootfs: {" + rootfs + "}\n", StandardOpenOption.TRUNCATE_EXISTING);

        assertThat(failure("start", BOX.toString())).contains(complaint, BOX + ":2:");
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
        } finally {
            Originals.forgetUser();
        }
    }
}
