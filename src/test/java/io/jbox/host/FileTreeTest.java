package io.jbox.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.kernel.MountTable;
import io.jbox.problem.JboxException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileTreeTest {
    @TempDir
    private Path folder;

    private Path tree;
    private Path kept;

    @BeforeEach
    void twoFolders() throws IOException {
        tree = Files.createDirectory(folder.resolve("tree"));
        kept = Files.createDirectory(folder.resolve("kept"));
        Files.writeString(kept.resolve("file"), "kept");
    }

    private void assertThatOnlyTheOtherIsLeft() throws IOException {
        try (DirectoryStream<Path> left = Files.newDirectoryStream(folder)) {
            assertThat(left).containsExactly(kept);
        }
        assertThat(kept.resolve("file")).hasContent("kept");
    }

    @Test
    void aTreeGoesWithAllThatIsInIt() throws IOException {
        Files.createDirectories(tree.resolve("a/b/c"));
        Files.createDirectory(tree.resolve("empty"));
        Files.writeString(tree.resolve("a/b/file"), "x");
        Files.writeString(tree.resolve("line\nend \\040"), "x");
        assertThat(new ProcessBuilder("mkfifo", tree.resolve("fifo").toString())
                        .start()
                        .onExit()
                        .join()
                        .exitValue())
                .isZero();

        FileTree.remove(tree);

        assertThatOnlyTheOtherIsLeft();
    }

    @Test
    void noLinkInItIsFollowed() throws IOException {
        Files.createSymbolicLink(tree.resolve("folder"), kept);
        Files.createSymbolicLink(tree.resolve("file"), kept.resolve("file"));
        Files.createSymbolicLink(tree.resolve("relative"), Path.of("../kept"));
        Files.createSymbolicLink(tree.resolve("nowhere"), Path.of("/no/such"));
        Files.createSymbolicLink(tree.resolve("self"), tree);
        Files.createLink(tree.resolve("hard"), kept.resolve("file"));

        FileTree.remove(tree);

        assertThatOnlyTheOtherIsLeft();
    }

    @Test
    void ofALinkInItsPlaceTheLinkGoes() throws IOException {
        Files.delete(tree);
        Files.createSymbolicLink(tree, kept);

        FileTree.remove(tree);

        assertThatOnlyTheOtherIsLeft();
    }

    @Test
    void aTreeThatIsDeeperThanAPathOrAStackGoesToo() throws IOException {
        deepen(tree, 20_000);
        Files.createSymbolicLink(tree.resolve("d/d/link"), kept);

        FileTree.remove(tree);

        assertThatOnlyTheOtherIsLeft();
    }

    /** Folders in each other, without a path that has them all: the innermost goes into one that goes into one … */
    private static void deepen(Path top, int levels) throws IOException {
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(top);
                SecureDirectoryStream<Path> secure = (SecureDirectoryStream<Path>) stream) {
            for (int i = 0; i < levels; i++) {
                Files.createDirectory(top.resolve("next"));
                if (Files.exists(top.resolve("d"))) {
                    try (SecureDirectoryStream<Path> next = secure.newDirectoryStream(Path.of("next"))) {
                        secure.move(Path.of("d"), next, Path.of("d"));
                    }
                }
                secure.move(Path.of("next"), secure, Path.of("d"));
            }
        }
    }

    @Test
    void whatIsNotThereIsAnErrorThatNamesIt() {
        Path none = folder.resolve("none");

        assertThatThrownBy(() -> FileTree.remove(none))
                .isInstanceOf(JboxException.class)
                .hasMessage(none + ": No such file or directory (ENOENT)");
    }

    @Test
    void onlyWhatIsMountedBelowIsFound() {
        List<MountTable.Mount> all = Stream.of("/", "/a", "/a/b", "/a/b/c d", "/ab", "/a\\b/c", "/b/a/c")
                .map(point -> new MountTable.Mount("0:1", "/", point))
                .toList();

        assertThat(FileTree.mountsBelow("/a", all)).containsExactly("/a/b", "/a/b/c d");
        assertThat(FileTree.mountsBelow("/a\\b", all)).containsExactly("/a\\b/c");
        assertThat(FileTree.mountsBelow(tree)).isEmpty();
    }
}
