package io.jbox.scripts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code rootfs-scripts/busybox.sh}, and the manners of all shell scripts. */
class RootfsScriptIT {
    @TempDir
    private Path folder;

    @BeforeAll
    static void host() {
        TestHost.require();
    }

    @Test
    void theSameInputGivesTheSameBytesHoweverOften() throws IOException {
        Path one = folder.resolve("new/one");
        String first = make(one).out();
        List<String> listing = listing(one);

        assertThat(first).matches("[0-9a-f]{64}\n");
        assertThat(make(one).out()).isEqualTo(first);
        assertThat(make(folder.resolve("two")).out()).isEqualTo(first);
        assertThat(listing(one)).isEqualTo(listing);
        assertThat((int) Files.getAttribute(folder.resolve("new"), "unix:mode") & 0777)
                .isEqualTo(0700);
    }

    @Test
    void everyAppletIsALinkAndNothingIsSetuid() throws IOException {
        Path rootfs = folder.resolve("rootfs");
        make(rootfs);
        Result applets = TestHost.run(List.of(rootfs + "/bin/busybox", "--list-full"), Map.of());

        for (String applet : applets.out().split("\n")) {
            if (!applet.equals("linuxrc") && !applet.equals("bin/busybox")) {
                assertThat(rootfs.resolve(applet)).as(applet).isSymbolicLink().isExecutable();
            }
        }
        assertThat(TestHost.run(List.of("find", rootfs.toString(), "-perm", "/6000"), Map.of())
                        .out())
                .isEmpty();
        assertThat((int) Files.getAttribute(rootfs.resolve("etc/shadow"), "unix:mode") & 07777)
                .isEqualTo(0600);
        for (String file : List.of(
                "passwd", "group", "hosts", "hostname", "resolv.conf", "nsswitch.conf", "inittab", "init.d/rcS")) {
            assertThat(rootfs.resolve("etc").resolve(file)).isRegularFile();
        }
        assertThat(rootfs.resolve("usr/share/udhcpc/default.script")).isExecutable();
    }

    @Test
    void whatTheOwnerHasPutThereStays() throws IOException {
        Path rootfs = folder.resolve("rootfs");
        make(rootfs);
        Files.writeString(rootfs.resolve("root/notes"), "mine");
        Files.writeString(rootfs.resolve("etc/hostname"), "changed\n");

        make(rootfs);

        assertThat(rootfs.resolve("root/notes")).hasContent("mine");
        assertThat(rootfs.resolve("etc/hostname")).hasContent("changed\n");
    }

    @Test
    void followsNoLinkOutOfTheRootFileSystem() throws IOException {
        Path rootfs = folder.resolve("rootfs");
        make(rootfs);
        Path outside = Files.createDirectory(folder.resolve("outside"));
        Files.writeString(outside.resolve("passwd"), "precious");
        TestHost.run(List.of("rm", "-rf", rootfs + "/etc"), Map.of());
        Files.createSymbolicLink(rootfs.resolve("etc"), outside);

        Result result = make(rootfs);

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.err()).contains("/etc is a symbolic link");
        assertThat(outside.resolve("passwd")).hasContent("precious");
        assertThat(listing(outside)).hasSize(2);
    }

    @Test
    void aFullDiskLeavesNothing() throws IOException {
        Path small = Files.createDirectory(folder.resolve("small"));
        List<String> mount = List.of("mount", "-t", "tmpfs", "-o", "size=512k", "small", small.toString());
        assertThat(TestHost.run(mount, Map.of()).exitCode()).isZero();
        try {
            Result result = make(small.resolve("a/b/rootfs"));

            assertThat(result.exitCode()).isNotZero();
            assertThat(result.err()).contains("No space left");
            assertThat(listing(small)).containsExactly(small.toString());
        } finally {
            TestHost.run(List.of("umount", small.toString()), Map.of());
        }
    }

    /** Of a tree whose maker may be anybody: the folder that it is copied to may be in other users' reach. */
    @Test
    void aCopyGivesNobodyMoreThanItsMakerHad() throws IOException {
        Wires.sh("mkdir -p /run/tree/bin; cp -a /bin/busybox /run/tree/bin/x; chmod 6755 /run/tree/bin/x;"
                + " setcap cap_net_raw+ep /run/tree/bin/x || :; cp /bin/busybox /run/tree/bin/capable;"
                + " setcap cap_net_raw+ep /run/tree/bin/capable; mknod -m 666 /run/tree/null c 1 3;"
                + " ln -s /etc/shadow /run/tree/link; chown 5:6 /run/tree/bin/x; chmod 6755 /run/tree/bin/x");

        Wires.sh("rootfs-scripts/copy-tree /run/copied/rootfs /run/tree");

        assertThat(Wires.sh("cd /run/copied/rootfs; stat -c '%a %u:%g' bin/x; ls; readlink link; getcap bin/capable"))
                .isEqualTo("755 5:6\nbin\nlink\n/etc/shadow\n");
        assertThat(Wires.sh("ls -A /run/copied")).isEqualTo("rootfs\n");
        Wires.sh("rm -r /run/tree /run/copied");
    }

    @Test
    void theScriptsPassShellcheck() {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/shellcheck")), "shellcheck is not installed");

        Result result = TestHost.run(
                List.of(
                        "shellcheck",
                        "-x",
                        "bin/jbox",
                        "rootfs-scripts/busybox.sh",
                        ".ci/run",
                        ".ci/packages",
                        "src/main/launcher/build",
                        "src/main/launcher/caller",
                        "src/main/launcher/folder",
                        "src/main/launcher/java",
                        "src/main/launcher/options",
                        "src/main/launcher/record-archive",
                        "src/test/test-host/bin/count",
                        "src/test/package/run",
                        "src/main/deb/control/postinst",
                        "src/main/deb/control/prerm",
                        "src/main/deb/control/postrm",
                        "bench/against.sh",
                        "bench/cold.sh",
                        "bench/confinement.sh",
                        "bench/hello.sh",
                        "bench/lifecycle.sh",
                        "bench/namespaces.sh",
                        "bench/network.sh",
                        "bench/warm.sh",
                        "src/test/vm/run.sh",
                        "src/test/vm/scenes.sh",
                        "src/test/test-host/bin/java"),
                Map.of());

        assertThat(result.out()).isEmpty();
    }

    private static Result make(Path rootfs) {
        return TestHost.run(List.of("rootfs-scripts/busybox.sh", rootfs.toString()), Map.of());
    }

    private static List<String> listing(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.map(Path::toString).sorted().toList();
        }
    }
}
