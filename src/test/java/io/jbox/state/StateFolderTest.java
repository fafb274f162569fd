package io.jbox.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.number.Pid;
import io.jbox.problem.JboxException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StateFolderTest {
    private final Kernel kernel = NativeKernel.open();

    @TempDir
    private Path above;

    private Path root;
    private StateFolder folder;

    @BeforeEach
    void folder() {
        root = above.resolve("jbox");
        folder = new StateFolder(kernel, root.toString());
    }

    private static BoxRecord record() {
        return Records.of(BoxState.RUNNING, new ProcessId(new Pid(100), 1), new ProcessId(new Pid(101), 2), null);
    }

    @Test
    void nothingIsKnownOfABoxThatNeverRan() throws Exception {
        assertThat(folder.read("web")).isNull();
        assertThat(folder.names()).isEmpty();
        assertThat(folder.readExit("web")).isNull();
    }

    @Test
    void keepsARecordUntilItIsForgotten() throws Exception {
        folder.make("web");
        folder.write(record());

        assertThat(folder.read("web")).isEqualTo(record());
        assertThat(folder.names()).containsExactly("web");
        assertThat(root.resolve("web").toFile().list()).containsExactlyInAnyOrder("state.json", "spec.json");

        folder.forget("web");
        assertThat(folder.read("web")).isNull();
    }

    @Test
    void isForItsOwnerAlone() throws IOException {
        folder.make("web");
        folder.write(record());

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(root.resolve("web"))))
                .isEqualTo("rwx------");
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(root.resolve("web").resolve("state.json"))))
                .isEqualTo("rw-------");
    }

    /** Also half of a record: whoever was killed while writing has left the old one. */
    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "{\"id\": 1}", "nonsense", "{\"version\": 2}"})
    void aDamagedRecordIsNamedAndStays(String content) throws IOException {
        folder.make("web");
        Path file = root.resolve("web").resolve("state.json");
        Files.writeString(file, content);

        assertThatThrownBy(() -> folder.read("web"))
                .isInstanceOf(DamagedRecordException.class)
                .hasMessageContaining(file.toString());
        assertThat(file).exists();
    }

    /** A box may run over an upgrade: what is written of it then is in the new format. */
    @Test
    void aRecordOfVersion1IsReadAndReplaced() throws Exception {
        folder.make("web");
        Path file = root.resolve("web").resolve("state.json");
        Files.copy(Path.of("src/test/resources/records/version-1.json"), file);
        Files.writeString(root.resolve("web").resolve("spec.json"), "{\"name\": \"of an earlier run\"}");

        BoxRecord record = Objects.requireNonNull(folder.read("web"));
        folder.write(record.in(BoxState.FROZEN));

        assertThat(Files.readString(file)).doesNotContain("\"config\"");
        assertThat(folder.read("web")).isEqualTo(record.in(BoxState.FROZEN));
    }

    @Test
    void aRecordWithoutItsSpecIsNamed() throws IOException {
        folder.make("web");
        folder.write(record());
        Path spec = root.resolve("web").resolve("spec.json");
        Files.delete(spec);

        assertThatThrownBy(() -> folder.read("web"))
                .isInstanceOf(DamagedRecordException.class)
                .hasMessageContaining("there is no " + spec);
    }

    @Test
    void aRecordOfAnotherBoxIsNone() {
        folder.make("web");
        folder.make("other");
        folder.write(record());

        assertThatThrownBy(() -> {
                    for (String file : List.of("state.json", "spec.json")) {
                        Files.copy(
                                root.resolve("web").resolve(file),
                                root.resolve("other").resolve(file));
                    }
                    folder.read("other");
                })
                .hasMessageContaining("belongs to box web");
    }

    /** Records say what is executed when a box has ended. */
    @Test
    void aFolderThatOthersCanWriteToIsRefused() throws IOException {
        Files.createDirectory(root);
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxrwxrwx"));

        assertThatThrownBy(() -> new StateFolder(kernel, root.toString()))
                .isInstanceOf(JboxException.class)
                .hasMessageContaining("others can write to it");
    }

    @Test
    void theExitStatusIsSixteenBits() throws IOException {
        folder.make("web");
        Files.write(root.resolve("web").resolve("exit"), new byte[] {0, 3});
        assertThat(folder.readExit("web")).isEqualTo(0x300);

        Files.write(root.resolve("web").resolve("exit"), new byte[] {9});
        assertThat(folder.readExit("web")).isNull();
    }

    @Test
    void countsWhatTheMonitorHasKept() throws IOException {
        folder.make("web");
        Files.writeString(
                root.resolve("web").resolve("memory.events"), "low 0\noom 2\noom_kill 5\n", StandardCharsets.US_ASCII);

        assertThat(new MemoryEvents(folder, "web").oomKills()).isEqualTo(5);
        new MemoryEvents(folder, "web").forget();
        assertThat(new MemoryEvents(folder, "web").oomKills()).isZero();
    }

    @Test
    void toStayStoppedIsKeptUntilItIsTakenBack() {
        folder.make("web");
        folder.stayStopped("web");
        assertThat(folder.isToStayStopped("web")).isTrue();

        folder.mayStart("web");
        assertThat(folder.isToStayStopped("web")).isFalse();
    }
}
