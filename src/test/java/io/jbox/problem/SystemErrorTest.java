package io.jbox.problem;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@link SystemError}: what strerror(3) says, and the name. */
class SystemErrorTest {
    @ParameterizedTest
    @CsvSource({
        "1, Operation not permitted (EPERM)",
        "2, No such file or directory (ENOENT)",
        "28, No space left on device (ENOSPC)",
        "38, Function not implemented (ENOSYS)",
        "110, Connection timed out (ETIMEDOUT)",
        "133, Memory page has hardware error (EHWPOISON)"
    })
    void wordsAndName(int number, String text) {
        assertThat(SystemError.describe(number)).isEqualTo(text);
        assertThat(text).endsWith("(" + SystemError.name(number) + ")");
    }

    @Test
    void aNumberThatTheKernelDoesNotHaveIsTold() {
        assertThat(SystemError.describe(4000)).contains("4000");
    }

    @Test
    void everyNumberHasAName() {
        for (int number = 1; number <= 133; number++) {
            // Two of them the kernel has never used.
            if (number != 41 && number != 58) {
                assertThat(SystemError.describe(number)).matches("[A-Z.].* \\(E[A-Z0-9]+\\)");
            }
        }
    }

    /** Java tells of a few by the class, of the others by strerror's words. */
    @Test
    void exceptionsOfJavas() throws IOException {
        assertThat(SystemError.of(new NoSuchFileException("/x"))).isEqualTo("No such file or directory (ENOENT)");
        assertThat(SystemError.of(new AccessDeniedException("/x"))).isEqualTo("Permission denied (EACCES)");
        assertThat(SystemError.of(new FileSystemException("/x", null, "Too many levels of symbolic links")))
                .isEqualTo("Too many levels of symbolic links (ELOOP)");
        assertThat(SystemError.of(new IOException("No space left on device")))
                .isEqualTo("No space left on device (ENOSPC)");
        Path folder = Files.createTempDirectory("folder");
        IOException reading =
                org.junit.jupiter.api.Assertions.assertThrows(IOException.class, () -> Files.readAllBytes(folder));
        assertThat(SystemError.of(reading)).isEqualTo("Is a directory (EISDIR)");
        Files.delete(folder);
    }
}
