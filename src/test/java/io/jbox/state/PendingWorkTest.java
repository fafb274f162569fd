package io.jbox.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.number.Pid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PendingWorkTest {
    /** No process has this id: it is larger than any kernel gives (proc(5), pid_max). */
    private static final String DEAD = "1073741824.1.";

    private final Kernel kernel = NativeKernel.open();

    @TempDir
    private Path above;

    private String root;
    private StateFolder folder;

    @BeforeEach
    void folder() {
        root = above.resolve("jbox").toString();
        folder = new StateFolder(kernel, root);
    }

    private Path leave(String name) throws IOException {
        folder.makeRoot();
        Path pending = Path.of(root, ".pending");
        Files.createDirectories(pending);
        return Files.createFile(pending.resolve(name));
    }

    @Test
    void isGoingOnUntilItIsDone() {
        try (PendingWork work = PendingWork.begin(kernel, folder, "web")) {
            assertThat(PendingWork.isGoingOn(kernel, root, "web")).isTrue();
            assertThat(PendingWork.isGoingOn(kernel, root, "we")).isFalse();
            assertThat(PendingWork.isAnyGoingOn(kernel, root)).isTrue();
            assertThat(PendingWork.left(kernel, root)).isEmpty();
        }
        assertThat(PendingWork.isGoingOn(kernel, root, "web")).isFalse();
        assertThat(PendingWork.isAnyGoingOn(kernel, root)).isFalse();
        assertThat(Path.of(root, ".pending")).isEmptyDirectory();
    }

    /** A name may have dots in it. */
    @Test
    void whatTheDeadHaveLeftIsFoundUntilItIsForgotten() throws IOException {
        leave(DEAD + "web.old");

        assertThat(PendingWork.isGoingOn(kernel, root, "web.old")).isFalse();
        assertThat(PendingWork.left(kernel, root))
                .extracting(PendingWork.Left::box)
                .containsExactly("web.old");

        PendingWork.left(kernel, root).forEach(PendingWork.Left::forget);
        assertThat(PendingWork.left(kernel, root)).isEmpty();
        assertThat(Path.of(root, ".pending")).isEmptyDirectory();
    }

    /** From another PID namespace its process is not seen, but its lock is. */
    @Test
    void whoHasTheLockIsAlive() throws IOException {
        Path file = leave(DEAD + "web");
        try (FileLock lock = new FileLock(kernel, file.toString())) {
            assertThat(PendingWork.left(kernel, root)).isEmpty();
            assertThat(PendingWork.isGoingOn(kernel, root, "web")).isTrue();
        }
        assertThat(PendingWork.left(kernel, root)).hasSize(1);
    }

    /** The id may be another's by now: only with its start time it is the same process. */
    @Test
    void aProcessWithTheSameIdIsAnother() throws IOException {
        ProcessId self = Objects.requireNonNull(
                ProcessId.find(new Pid((int) ProcessHandle.current().pid())));
        leave(self.pid() + "." + (self.start() + 1) + ".web");
        leave(self.pid() + "." + self.start() + ".other");

        assertThat(PendingWork.left(kernel, root))
                .extracting(PendingWork.Left::box)
                .containsExactly("web");
    }

    @Test
    void whatJboxHasNotWrittenIsLeftAlone() throws IOException {
        leave("x");
        leave("1.2");
        leave("one.2.web");

        assertThat(PendingWork.left(kernel, root)).isEmpty();
    }

    @Test
    void whereNothingEverBeganNothingIsLeft() {
        assertThat(PendingWork.left(kernel, "/no/such")).isEmpty();
        assertThat(PendingWork.isGoingOn(kernel, "/no/such", "web")).isFalse();
        assertThat(PendingWork.isAnyGoingOn(kernel, "/no/such")).isFalse();
    }
}
