package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.PathCalls;
import io.jbox.life.BoxUsers.Login;
import io.jbox.problem.JboxException;
import io.jbox.uapi.Constants;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A box writes what it likes to its passwd and group. */
class BoxUsersTest {
    private static final Login ROOT = new Login("0", 0, 0, List.of(), "/root", "/bin/sh");

    private final Kernel kernel = NativeKernel.open();

    @TempDir
    private Path folder;

    private Path box;
    private Fd root;

    @BeforeEach
    void box() throws Exception {
        box = folder.resolve("box");
        Files.createDirectories(box.resolve("etc"));
        root = PathCalls.open(kernel, box.toString(), Constants.O_RDONLY);
    }

    @AfterEach
    void close() {
        root.close();
    }

    private void passwd(String text) throws IOException {
        Files.writeString(box.resolve("etc/passwd"), text);
    }

    private void group(String text) throws IOException {
        Files.writeString(box.resolve("etc/group"), text);
    }

    private Login find(@Nullable String user) {
        return new BoxUsers(kernel, root).find("box", user);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "null",
            value = {
                "null | root 0 0 [0] /root /bin/ash",
                "root | root 0 0 [0] /root /bin/ash",
                "web | web 1000 100 [100, 27, 44] /srv/web /bin/sh",
                "1000 | web 1000 100 [100, 27, 44] /srv/web /bin/sh",
                "1234 | 1234 1234 1234 [] / /bin/sh",
                "web:video | web 1000 44 [] /srv/web /bin/sh",
                "web:7 | web 1000 7 [] /srv/web /bin/sh",
                "1234:video | 1234 1234 44 [] / /bin/sh",
                "4294967294 | 4294967294 4294967294 4294967294 [] / /bin/sh",
            })
    void findsUsersByNameAndNumber(@Nullable String user, String expected) throws IOException {
        passwd("""
                root:x:0:0:root:/root:/bin/ash
                web:x:1000:100::/srv/web:
                """);
        group("root:x:0:\nsudo:x:27:web,other\nvideo:x:44:other,web\nusers:x:100:web\nwebs:x:9:webs\n");

        Login login = find(user);

        assertThat(login.name() + " " + login.uid() + " " + login.gid() + " " + login.groups() + " " + login.home()
                        + " " + login.shell())
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "nobody, has no user \"nobody\"", "'', has no user \"\"", "-1, has no user \"-1\"",
        "4294967295, has no user \"4294967295\"", "99999999999, has no user \"99999999999\"", "+0, has no user \"+0\"",
        "web:none, has no group \"none\"", "web:, has no group \"\"", "web:4294967295, has no group \"4294967295\"",
        "web:0:0, has no group \"0:0\""
    })
    void whatTheBoxDoesNotKnowIsAnError(String user, String message) throws IOException {
        passwd("web:x:1000:100::/:/bin/sh\n");
        group("web:x:100:\n");

        assertThatThrownBy(() -> find(user)).isInstanceOf(JboxException.class).hasMessage("box: " + message);
    }

    @Test
    void aBoxWithoutUsersHasNumbersAndRoot() {
        assertThat(find(null)).isEqualTo(ROOT);
        assertThat(find("5")).isEqualTo(new Login("5", 5, 5, List.of(), "/", "/bin/sh"));
    }

    /** Lines that are none are passed over; the first that is one counts. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "web:x:1:1::/:\\",
                "web",
                "web:x:1000",
                "web:x:x:100::/:/bin/sh",
                "web:x:-1:100::/:/bin/sh",
                "web:x:4294967295:0::/:/bin/sh",
                "web:x:99999999999999999999:0::/:/bin/sh",
                "web:x:1000:::/:/bin/sh",
                "web:x: 1000:100::/:/bin/sh",
                "web:x:１０００:100::/:/bin/sh",
                "\0\0\0",
                ":::::::",
                "web:x:1000:100::",
            })
    void aLineThatIsNoneIsPassedOver(String line) throws IOException {
        passwd(line.replace("\\", "x".repeat(5000)) + "\nweb:x:7:8::/home:/bin/ash\nweb:x:0:0::/:/bin/sh\n");

        assertThat(find("web")).isEqualTo(new Login("web", 7, 8, List.of(8L), "/home", "/bin/ash"));
    }

    @Test
    void homesAndShellsAreAbsolutePaths() throws IOException {
        passwd("web:x:7:8::../../home:sh\n");

        assertThat(find("web")).isEqualTo(new Login("web", 7, 8, List.of(8L), "/", "/bin/sh"));
    }

    @Test
    void nobodyIsInMoreThan64Groups() throws IOException {
        passwd("web:x:7:8::/:/bin/sh\n");
        StringBuilder groups = new StringBuilder("same:x:8:web\n");
        for (int i = 100; i < 300; i++) {
            groups.append("g").append(i).append(":x:").append(i).append(":a,web,b\n");
        }
        group(groups.toString());

        assertThat(find("web").groups()).hasSize(64).doesNotHaveDuplicates().startsWith(8L, 100L, 101L);
    }

    @Test
    void noMoreThanAMegabyteIsRead() throws IOException {
        passwd("x\n".repeat(2_000_000) + "web:x:7:8::/:/bin/sh\n");

        assertThatThrownBy(() -> find("web")).hasMessage("box: has no user \"web\"");
    }

    @Test
    void aLinkLeadsNowhereOutside() throws IOException {
        Path outside = Files.writeString(folder.resolve("passwd"), "root:x:0:0::/outside:/bin/sh\n");
        for (String target : List.of(outside.toString(), "../../passwd", "/proc/self/fd/0", "passwd")) {
            Files.deleteIfExists(box.resolve("etc/passwd"));
            Files.createSymbolicLink(box.resolve("etc/passwd"), Path.of(target));

            assertThat(find(null)).as(target).isEqualTo(ROOT);
        }
        Files.delete(box.resolve("etc/passwd"));
        Files.writeString(box.resolve("users"), "root:x:0:0::/inside:/bin/sh\n");
        Files.createSymbolicLink(box.resolve("etc/passwd"), Path.of("/users"));
        assertThat(find(null).home()).isEqualTo("/inside");
    }

    /** Nobody waits for a writer that never comes, or reads what one says. */
    @Test
    @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void whatIsNoFileIsNotRead() throws IOException {
        Path passwd = box.resolve("etc/passwd");
        new ProcessBuilder("mkfifo", passwd.toString()).start().onExit().join();
        assertThat(find(null)).isEqualTo(ROOT);
        try (RandomAccessFile fifo = new RandomAccessFile(passwd.toFile(), "rw")) {
            fifo.writeBytes("root:x:0:0::/fifo:/bin/sh\n");
            assertThat(find(null)).isEqualTo(ROOT);
        }

        Files.delete(passwd);
        Files.createDirectory(passwd);
        assertThat(find(null)).isEqualTo(ROOT);
    }
}
