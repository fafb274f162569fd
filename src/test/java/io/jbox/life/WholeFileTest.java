package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.problem.JboxException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file that commands write is there as a whole, or as it was before. */
class WholeFileTest {
    @TempDir
    private Path folder;

    private static WholeFile.Writer text(String text) {
        return out -> out.write(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    @Test
    void aNewFileIsTheCallersAlone() throws IOException {
        Path file = folder.resolve("a");
        WholeFile.write(file, text("one"));
        WholeFile.writeExecutable(folder.resolve("b"), text("two"));

        assertThat(file).hasContent("one");
        assertThat(mode(file)).isEqualTo("rw-------");
        assertThat(mode(folder.resolve("b"))).isEqualTo("rwx------");
        assertThat(folder.toFile().list()).containsExactlyInAnyOrder("a", "b");
    }

    @Test
    void whereTheWriterFailsTheOldOneStays() throws IOException {
        Path file = Files.writeString(folder.resolve("a"), "old");

        assertThatThrownBy(() -> WholeFile.write(file, out -> {
                    out.write('n');
                    throw new IOException("No space left on device");
                }))
                .isInstanceOf(JboxException.class)
                .hasMessageContaining(file + ": No space left on device");
        assertThatThrownBy(() -> WholeFile.write(file, out -> {
                    throw new JboxException("the box is running");
                }))
                .hasMessageContaining("the box is running");

        assertThat(file).hasContent("old");
        assertThat(folder.toFile().list()).containsExactly("a");
    }

    @Test
    void aLinkStaysAndWhatItLeadsToIsReplaced() throws IOException {
        Files.createDirectory(folder.resolve("real"));
        Path real = Files.writeString(folder.resolve("real/a"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("real/a"));

        WholeFile.write(link, text("new"));

        assertThat(link).isSymbolicLink();
        assertThat(real).hasContent("new");
        assertThat(folder.resolve("real").toFile().list()).containsExactly("a");
    }

    /** /dev/stdout of a pipe, say. */
    @Test
    void whatIsNoOrdinaryFileIsWrittenTo() {
        WholeFile.write(Path.of("/dev/null"), text("lost"));

        assertThat(Path.of("/dev/null")).exists();
        assertThat(Files.isRegularFile(Path.of("/dev/null"))).isFalse();
    }

    @Test
    void aFolderIsToldAsSuch() {
        assertThatThrownBy(() -> WholeFile.write(folder, text("x"))).hasMessageContaining("Is a directory");
        assertThatThrownBy(() -> WholeFile.write(folder.resolve("none/a"), text("x")))
                .hasMessageContaining("No such file or directory");
    }
}
