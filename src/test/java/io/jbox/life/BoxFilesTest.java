package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jbox.kernel.Fd;
import io.jbox.kernel.FileLocks;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.kernel.PathCalls;
import io.jbox.uapi.Constants;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A box's own files over a folder: what has changed, and an end to that. */
@Timeout(60)
class BoxFilesTest {
    @TempDir
    private Path folder;

    private StandIns host;

    @BeforeEach
    void host() {
        host = new StandIns(folder);
        host.write("base/etc/motd", "hello\n");
        host.write("boxes/plain/rootfs/etc/motd", "hello\n");
        host.define("plain", "name: plain\n");
        host.define("web", "name: web\nrootfs: {path: \"overlay:" + host.path("base") + ":box:web\"}\n");
    }

    @AfterEach
    void end() {
        host.close();
    }

    private BoxFiles files(String box) {
        BoxRegistry registry = host.registry(host.kernel());
        return new BoxFiles(registry, box, () -> registry.load(host.path("boxes/" + box + "/config.yaml"), List.of()));
    }

    private List<BoxChange> changes() {
        List<BoxChange> all = new ArrayList<>();
        files("web").changes(all::add);
        return all;
    }

    @Test
    void aBoxThatWasNeverStartedHasChangedNothing() throws IOException {
        assertThat(changes()).isEmpty();
        ByteArrayOutputStream patch = new ByteArrayOutputStream();
        files("web").patch(patch);
        assertThat(patch.size()).isZero();
        files("web").reset();
        assertThat(folder.resolve("boxes/web").toFile().list()).containsExactly("config.yaml");
    }

    @Test
    void whatItHasChangedIsToldAndTakenAway() {
        assumeTrue(
                OwnProcess.isRoot(NativeKernel.open()),
                "other users' files are in their own user namespaces, which jbox itself enters");
        host.write("boxes/web/rootfs/etc/motd", "box\n");
        assertThat(Files.exists(folder.resolve("boxes/web/rootfs.work"))).isFalse();

        assertThat(changes())
                .contains(new BoxChange(BoxChange.Kind.MODIFIED, "etc/motd", 4))
                .allMatch(change -> change.path().startsWith("etc"));
        ByteArrayOutputStream patch = new ByteArrayOutputStream();
        files("web").patch(patch);
        assertThat(patch.toString(StandardCharsets.UTF_8)).contains("-hello\n+box\n");

        files("web").reset();
        assertThat(folder.resolve("boxes/web").toFile().list()).containsExactly("config.yaml");
        assertThat(host.read("base/etc/motd")).isEqualTo("hello\n");
        assertThat(folder.resolve("state/web")).doesNotExist();
    }

    @Test
    void whatACommandRunsOnIsNotTakenAway() throws Exception {
        host.write("boxes/web/rootfs/etc/motd", "box\n");
        try (Fd upper = PathCalls.open(host.kernel(), host.path("boxes/web/rootfs"), Constants.O_RDONLY)) {
            FileLocks.take(upper);

            assertThatThrownBy(() -> files("web").reset())
                    .hasMessage("web: a command runs in it, on " + host.path("boxes/web/rootfs"));
        }
        assertThat(host.read("boxes/web/rootfs/etc/motd")).isEqualTo("box\n");
        assertThat(folder.resolve("state/web")).doesNotExist();
    }

    @Test
    void aPlainFolderIsComparedWithNothing() {
        assertThatThrownBy(() -> files("plain").changes(change -> {})).hasMessageContaining("neither an image nor");
        assertThatThrownBy(() -> files("plain").patch(new ByteArrayOutputStream()))
                .hasMessageContaining("nothing to compare it with");
        assertThatThrownBy(() -> files("plain").reset()).hasMessageContaining("nothing to begin anew with");
    }
}
