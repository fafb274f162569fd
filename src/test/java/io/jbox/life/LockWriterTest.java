package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.OwnProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A lock is written as a whole, for the owner of its configuration. */
class LockWriterTest {
    @TempDir
    private Path folder;

    private void write(String text) throws IOException {
        Path config = folder.resolve("web.yaml");
        if (!Files.exists(config)) {
            Files.writeString(config, "name: web\n");
        }
        LockWriter.write(folder.resolve("web.lock").toString(), config.toString(), text);
    }

    @Test
    void othersMayReadIt() throws IOException {
        write("one");
        write("two");

        assertThat(folder.resolve("web.lock")).hasContent("two");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("web.lock"))))
                .isEqualTo("rw-r--r--");
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder("web.yaml", "web.lock");
    }

    @Test
    void itBelongsToWhoHasTheConfiguration() throws IOException {
        Path config = Files.writeString(folder.resolve("web.yaml"), "name: web\n");
        Integer owner = 0;
        if (OwnProcess.isRoot(NativeKernel.open())) {
            owner = 4321;
            Files.setAttribute(config, "unix:uid", owner);
        } else {
            owner = (Integer) Files.getAttribute(config, "unix:uid");
        }

        write("one");

        assertThat(Files.getAttribute(folder.resolve("web.lock"), "unix:uid")).isEqualTo(owner);
    }

    @Test
    void whatDeadWritersHaveLeftIsRemovedAndNoOthers() throws IOException {
        Path dead = Files.writeString(folder.resolve("web.lock.4194305-1.new"), "");
        Path alive = Files.writeString(folder.resolve("web.lock.1-7.new"), "");
        Path another = Files.writeString(folder.resolve("shop.lock.4194305-1.new"), "");
        Path strange = Files.writeString(folder.resolve("web.lock.mine.new"), "");

        write("one");

        assertThat(dead).doesNotExist();
        assertThat(alive).exists();
        assertThat(another).exists();
        assertThat(strange).exists();
        assertThat(LockWriter.asides(folder.resolve("web.lock").toFile()))
                .containsExactlyInAnyOrder(alive.toFile(), strange.toFile());
    }

    @Test
    void aLinkInItsPlaceIsReplacedAndNotFollowed() throws IOException {
        Path elsewhere = Files.writeString(folder.resolve("elsewhere"), "kept");
        Files.createSymbolicLink(folder.resolve("web.lock"), elsewhere);

        write("one");

        assertThat(elsewhere).hasContent("kept");
        assertThat(Files.isRegularFile(folder.resolve("web.lock"))).isTrue();
        assertThat(folder.resolve("web.lock")).hasContent("one");
    }

    @Test
    void aFolderThatIsMissingIsTold() {
        assertThatThrownBy(() -> LockWriter.write(folder + "/none/web.lock", folder + "/web.yaml", "one"))
                .hasMessageContaining(folder + "/none/web.lock")
                .hasMessageContaining("ENOENT");
    }
}
