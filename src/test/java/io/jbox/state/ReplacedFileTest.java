package io.jbox.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.RecordingKernel;
import io.jbox.problem.JboxException;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Syscall;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplacedFileTest {
    private static final byte[] TEXT = "new\n".getBytes(StandardCharsets.UTF_8);

    private final Kernel kernel = NativeKernel.open();

    @TempDir
    private Path folder;

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    @Test
    void theNewFileTakesTheOldOnesPlace() throws IOException {
        Files.writeString(folder.resolve("file"), "old, and longer");

        ReplacedFile.write(kernel, path("aside"), path("file"), TEXT, true);

        assertThat(folder.resolve("file")).hasContent("new\n");
        assertThat(folder.resolve("aside")).doesNotExist();
        assertThat(mode("file")).isEqualTo("rw-------");
    }

    /** Each has the same name for it aside. */
    @Test
    void manyAtOnceDoNotMixTheirFiles() throws Exception {
        List<Callable<Void>> writers = new ArrayList<>();
        for (int i = 1; i <= 4; i++) {
            byte[] own = String.valueOf(i).repeat(20_000 * i).getBytes(StandardCharsets.UTF_8);
            writers.add(() -> {
                for (int round = 0; round < 50; round++) {
                    ReplacedFile.write(kernel, path("aside"), path("file"), own, false);
                    String seen = Files.readString(folder.resolve("file"));
                    int who = seen.charAt(0) - '0';
                    assertThat(seen).isEqualTo(String.valueOf(who).repeat(20_000 * who));
                }
                return null;
            });
        }
        ExecutorService threads = Executors.newFixedThreadPool(writers.size());
        try {
            for (Future<Void> writer : threads.invokeAll(writers)) {
                writer.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(folder.resolve("aside")).doesNotExist();
    }

    /** Who has the old one open keeps reading it: it is another file. */
    @Test
    void whoHasTheOldOneOpenStillReadsThat() throws IOException {
        Files.writeString(folder.resolve("file"), "old");
        try (var old = Files.newInputStream(folder.resolve("file"))) {
            ReplacedFile.write(kernel, path("aside"), path("file"), TEXT, false);

            assertThat(old.readAllBytes()).asString(StandardCharsets.UTF_8).isEqualTo("old");
        }
    }

    @Test
    void whatIsLeftAsideByWhoDiedIsNoObstacle() throws IOException {
        Files.writeString(folder.resolve("aside"), "half of something that is longer");

        ReplacedFile.writeReadable(kernel, path("aside"), path("file"), TEXT);

        assertThat(folder.resolve("file")).hasContent("new\n");
    }

    @Test
    void aFileForOthersCanBeReadByThem() throws IOException {
        ReplacedFile.writeReadable(kernel, path("aside"), path("file"), TEXT);

        assertThat(mode("file")).isEqualTo("rw-r--r--");
    }

    /** A journal of a host with thousands of routes, say. */
    @Test
    void aFileMayBeLargerThanTheMemoryOfAnOrdinaryProgram() throws IOException {
        byte[] bytes = new byte[3_000_000];
        new Random(1).nextBytes(bytes);

        ReplacedFile.write(kernel, path("aside"), path("file"), bytes, false);

        assertThat(Files.readAllBytes(folder.resolve("file"))).isEqualTo(bytes);
    }

    @Test
    void anEmptyFileIsAFile() {
        ReplacedFile.write(kernel, path("aside"), path("file"), new byte[0], true);

        assertThat(folder.resolve("file")).isEmptyFile();
    }

    @Test
    void aFolderThatIsMissingIsNamedByTheFile() {
        assertThatThrownBy(() -> ReplacedFile.write(kernel, path("no/aside"), path("no/file"), TEXT, false))
                .isInstanceOf(JboxException.class)
                .hasMessage("state file " + path("no/file") + ": No such file or directory (ENOENT)");
    }

    @ParameterizedTest
    @CsvSource({
        "OPENAT, EACCES, openat",
        "FLOCK, ENOLCK, openat flock close",
        "WRITE, EIO, openat flock statx statx openat write close close",
        "FSYNC, EIO, openat flock statx statx openat write fsync close close",
        "RENAMEAT2, ENOSPC, openat flock statx statx openat write fsync close renameat2 close"
    })
    void whateverFailsTheOldOneStaysAndNothingStaysOpen(Syscall failing, String errno, String calls) {
        RecordingKernel recording = new RecordingKernel((call, arguments) -> call == failing
                ? -Errno.number(errno)
                : call == Syscall.OPENAT ? 9 : call == Syscall.WRITE ? TEXT.length : 0);

        assertThatThrownBy(() -> ReplacedFile.write(recording, "aside", "file", TEXT, true))
                .hasMessageStartingWith("state file file: ")
                .hasMessageEndingWith("(" + errno + ")");
        assertThat(recording.made()).extracting(RecordingKernel.Made::name).isEqualTo(List.of(calls.split(" ")));
    }

    @Test
    void aDiskThatTakesOnlyAPartIsFull() {
        RecordingKernel recording = new RecordingKernel(
                (call, arguments) -> call == Syscall.OPENAT ? 9 : call == Syscall.WRITE ? TEXT.length - 1 : 0);

        assertThatThrownBy(() -> ReplacedFile.write(recording, "aside", "file", TEXT, false))
                .hasMessage("state file file: No space left on device (ENOSPC)");
        assertThat(recording.made()).extracting(RecordingKernel.Made::name).doesNotContain("renameat2");
    }

    private String mode(String name) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(name)));
    }
}
