package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.Originals;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What went wrong elsewhere (SECURITY.md): each attack fails here, and does what it is for where nothing is in its way. */
class PastIT {
    private static final String ROOT = "/run/past/r";
    private static final String VICTIM = "/run/past/victim";

    @BeforeAll
    static void host() throws IOException {
        TestHost.require();
        Originals.makeUser();
    }

    @AfterAll
    static void clean() {
        Originals.forgetUser();
    }

    @BeforeEach
    void victim() {
        Wires.sh("mkdir -m 700 /run/past; mkdir " + VICTIM + "; echo untouched >" + VICTIM + "/file;" + " cp -a "
                + TestHost.ROOTFS + " " + ROOT);
    }

    @AfterEach
    void nothingIsLeft() {
        TestHost.jbox("stop", "-k", "past");
        Wires.sh("rm -rf /run/past; rm -rf /run/jbox/past");
        assertThat(Boxes.leftovers()).isEmpty();
    }

    private static String define(String... lines) {
        String[] all = new String[lines.length + 1];
        System.arraycopy(lines, 0, all, 1, lines.length);
        all[0] = Boxes.idle();
        return Boxes.define("past", all);
    }

    private static String victims() {
        return Wires.sh("cd " + VICTIM + "; find . | sort | tr '\\n' ' '; cat file");
    }

    /** CVE-2015-1335, CVE-2025-31133, CVE-2025-52565, CVE-2025-52881: links in the root file system, where jbox mounts. */
    @ParameterizedTest
    @CsvSource({
        "proc, /run/past/victim",
        "proc, ../../../../../run/past/victim",
        "sys, /run/past/victim",
        "dev, /run/past/victim",
        "dev, ../../../../../run/past/victim",
        "etc, /run/past/victim",
        "etc, ../../../../../run/past/victim",
        "etc, /proc/1/root/run/past/victim",
    })
    void linksInARootFileSystemLeadNowhere(String name, String target) {
        Wires.sh("cd " + ROOT + "; rm -rf " + name + "; ln -s " + target + " " + name);
        String file = define(
                "mount: {entry: [none etc/deep tmpfs create=dir, /run/boxes/past.yaml etc/made none bind,create=file]}",
                "sysctl: {net.ipv4.ip_forward: 1}");

        TestHost.jbox("run", "-f", file, "-s", "rootfs.path=" + ROOT, "-s", "idmap=none", "--", "true");
        TestHost.jbox("start", file, "-s", "rootfs.path=" + ROOT);

        assertThat(victims()).isEqualTo(". ./file untouched\n");
        if (!target.startsWith("/proc")) {
            Wires.sh("mkdir -p " + ROOT + "/" + name + "/deep");
            assertThat(victims()).isEqualTo(". ./deep ./file untouched\n");
        }
    }

    /** CVE-2025-52881: what is written below /proc goes to a /proc, whatever else has its names. */
    @Test
    void parametersAreNotWrittenToFiles() {
        Wires.sh("mkdir -p " + ROOT + "/proc/sys/net/ipv4; echo mine >" + ROOT + "/proc/sys/net/ipv4/ip_forward");
        String file = define("sysctl: {net.ipv4.ip_forward: 1}");

        Result result = TestHost.jbox(
                "run", "-f", file, "-s", "rootfs.path=" + ROOT, "--", "cat", "/proc/sys/net/ipv4/ip_forward");

        assertThat(result.out()).isEqualTo("1\n");
        assertThat(Wires.sh("cat " + ROOT + "/proc/sys/net/ipv4/ip_forward")).isEqualTo("mine\n");
    }

    /** CVE-2015-1331: files of jbox's state that somebody else has put there as links. */
    @ParameterizedTest
    @ValueSource(
            strings = {"lock", "exit", "log", "console.log", "monitor.lock", "console.lock", "state.json.new", "seccomp"
            })
    void linksInTheStateFolderAreNotFollowed(String name) {
        String file = define("hook: {pre-start: 'echo written by a hook;:'}");
        Boxes.jbox("start", file, "-s", "rootfs.path=" + ROOT);
        Boxes.jbox("stop", "-k", "past");
        String link = "ln -sf " + VICTIM + "/file /run/jbox/past/" + name;

        assertThat(asUser(link)).isNotZero();
        Wires.sh("chmod 777 /run/jbox/past; rm -f /run/jbox/past/" + name);
        assertThat(asUser(link)).as("where the folder is open").isZero();
        TestHost.jbox("start", file, "-s", "rootfs.path=" + ROOT);

        assertThat(victims()).isEqualTo(". ./file untouched\n");
    }

    private static int asUser(String command) {
        return TestHost.run(Originals.asUser(List.of("sh", "-c", command)), Map.of())
                .exitCode();
    }

    /** CVE-2016-8649, CVE-2024-21626: a folder of the host's that is open to who starts a box, or joins one. */
    @Test
    void openFoldersOfTheHostStayOutside() {
        Boxes.jbox("start", define(), "-s", "rootfs.path=" + ROOT);
        String opened = "exec 9<" + VICTIM + "; bin/jbox ";
        String list = " -- sh -c 'ls -l /proc/self/fd; cat /proc/self/fd/9/file'; true";

        assertThat(Wires.sh(opened + "run -f /run/boxes/past.yaml -s name=other -s rootfs.path=" + ROOT + list))
                .doesNotContain("victim")
                .doesNotContain("untouched");
        assertThat(Wires.sh(opened + "exec past" + list))
                .doesNotContain("victim")
                .doesNotContain("untouched");
        // As unshare(1), which leaves them open.
        assertThat(Wires.sh(opened + "unshare -m" + list)).contains("victim").contains("untouched");
    }

    /** CVE-2013-6441: what a box writes to its own init is not what others, or the host, execute. */
    @Test
    void aBoxWritesToNoProgramOfTheHosts() {
        String before = Wires.sh("sha256sum /bin/busybox /usr/bin/busybox 2>/dev/null; true");
        String attack = "for f in /bin/busybox /sbin/init; do rm $f; echo x >$f; done; echo done";

        Result result = TestHost.jbox("run", "-f", define(), "-s", "rootfs.path=" + ROOT, "--", "sh", "-c", attack);

        assertThat(result.out()).contains("done");
        assertThat(Wires.sh("sha256sum /bin/busybox /usr/bin/busybox 2>/dev/null; true"))
                .isEqualTo(before);
        // Where a configuration names it, it is the host's.
        Wires.sh("chmod 755 " + VICTIM + "; chmod 755 /run/past");
        TestHost.jbox(
                "run",
                "-f",
                define("idmap: none", "mount: {entry: [" + VICTIM + " mnt none bind]}"),
                "--",
                "sh",
                "-c",
                "echo written >/mnt/file");
        assertThat(victims()).isEqualTo(". ./file written\n");
    }
}
