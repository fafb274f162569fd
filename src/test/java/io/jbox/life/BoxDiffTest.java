package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.config.RootfsPath;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.NativeKernel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a box has changed, by its upper folder and two layers below, as overlayfs leaves them. */
@Timeout(60)
class BoxDiffTest {
    @TempDir
    private Path folder;

    @BeforeEach
    void layers() throws IOException {
        file("lowest/etc/motd", "old\n");
        file("lowest/etc/gone", "gone\n");
        file("lowest/bin/tool", "tool\n");
        file("lower/etc/motd", "hello\nworld\n");
        file("lower/data/a", "a\n");
        Files.createDirectories(folder.resolve("upper"));
    }

    private void file(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    /** An ordinary user may make one as well (Linux 5.8). */
    private void whiteout(String name) throws IOException, InterruptedException {
        Files.createDirectories(folder.resolve(name).getParent());
        Process process = new ProcessBuilder("mknod", folder.resolve(name).toString(), "c", "0", "0")
                .inheritIO()
                .start();
        assertThat(process.waitFor()).isZero();
    }

    private RootfsPath rootfs() {
        return new RootfsPath(
                List.of(
                        folder.resolve("lower").toString(),
                        folder.resolve("lowest").toString()),
                folder.resolve("upper").toString());
    }

    private List<String> changes() throws KernelException {
        List<String> all = new ArrayList<>();
        try (BoxDiff diff = new BoxDiff(
                NativeKernel.open(),
                rootfs(),
                change -> all.add(change.kind().letter() + " " + change.path() + " " + change.bytes()))) {
            diff.run();
        }
        return all;
    }

    private String patch() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BoxPatch.write(NativeKernel.open(), rootfs(), out);
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void nothingIsNothing() throws KernelException {
        assertThat(changes()).isEmpty();
        assertThat(patch()).isEmpty();
    }

    @Test
    void whatIsNewChangedAndGone() throws Exception {
        file("upper/etc/motd", "hello\nbox\n");
        file("upper/new/file", "1234");
        whiteout("upper/etc/gone");
        whiteout("upper/etc/never-there");

        assertThat(changes()).containsExactly("A new 0", "D etc/gone 0", "M etc/motd 10", "A new/file 4");
    }

    @Test
    void aPatchHasTextsAndNamesOthers() throws Exception {
        file("upper/etc/motd", "hello\nbox\n");
        file("upper/etc/new", "line\n");
        file("upper/bin/tool", "to\0ol");
        whiteout("upper/etc/gone");
        Files.createSymbolicLink(folder.resolve("upper/etc/link"), Path.of("/etc/passwd"));

        assertThat(patch())
                .contains("--- a/etc/motd\n+++ b/etc/motd\n@@ -1,2 +1,2 @@\n hello\n-world\n+box\n")
                .contains("--- /dev/null\n+++ b/etc/new\n@@ -0,0 +1 @@\n+line\n")
                .contains("--- a/etc/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n")
                .contains("Files a/bin/tool and b/bin/tool differ, and are no texts\n")
                .doesNotContain("link");
    }
}
