package io.jbox.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.problem.JboxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever looks from another PID namespace would take every box for dead. */
class PidNamespaceTest {
    private static final String ANOTHER = "pid:[1]";

    private final Kernel kernel = NativeKernel.open();

    @TempDir
    private Path above;

    private Path root;

    @BeforeEach
    void record() {
        root = above.resolve("jbox");
        StateFolder folder = folder();
        folder.make("web");
        folder.write(Records.of(BoxState.RUNNING, null, null, null));
    }

    /** As a new process sees it, which has not looked yet. */
    private StateFolder folder() {
        return new StateFolder(kernel, root.toString());
    }

    private String marked() throws IOException {
        return Files.readString(root.resolve(".pidns"));
    }

    @Test
    void theFirstToWriteSaysWhoseItIs() throws IOException {
        assertThat(marked())
                .isEqualTo(Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString());
    }

    @Test
    void boxesThatRunInAnotherAreNotLookedAt() throws IOException {
        Files.writeString(root.resolve(".pidns"), ANOTHER);
        try (FileLock monitor =
                new FileLock(kernel, root.resolve("web/monitor.lock").toString())) {
            assertThatThrownBy(() -> folder().read("web"))
                    .isInstanceOf(JboxException.class)
                    .hasMessageContaining("its boxes run in another PID namespace");
            assertThatThrownBy(() -> folder().make("web")).hasMessageContaining("another PID namespace");
        }
        assertThat(marked()).isEqualTo(ANOTHER);
    }

    @Test
    void norWhileACommandIsAtWorkThere() throws IOException {
        try (PendingWork work = PendingWork.begin(kernel, folder(), "web")) {
            Files.writeString(root.resolve(".pidns"), ANOTHER);

            assertThatThrownBy(() -> folder().read("web")).hasMessageContaining("another PID namespace");
        }
    }

    /** It is gone, with all its processes: whoever comes next takes the folder over. */
    @Test
    void whatNobodyUsesAnyMoreIsTakenOver() throws Exception {
        Files.writeString(root.resolve(".pidns"), ANOTHER);

        assertThat(folder().read("web")).isNotNull();
        folder().make("other");

        assertThat(marked()).isNotEqualTo(ANOTHER);
    }
}
