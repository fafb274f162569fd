package io.jbox.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.host.FileTree;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileLocks;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.PathCalls;
import io.jbox.uapi.Constants;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What commands have left that were killed is removed, and nothing that one of them uses. */
class EphemeralUppersTest {
    private static final String DEAD = "web~4194305";
    private static final String SLOT = "web~slot0";

    private final Kernel kernel = NativeKernel.open();

    @TempDir
    private Path folder;

    private Store store;
    private EphemeralUppers uppers;

    @BeforeEach
    void open() throws IOException {
        store = new Store(kernel, folder.resolve("store").toString());
        store.makeFolders();
        uppers = new EphemeralUppers(store);
    }

    private Path make(String command) throws IOException {
        Path upper = Path.of(EphemeralUppers.path(store.folder(), command));
        Files.createDirectories(upper.resolve("etc"));
        store.noteUser(upper.toString());
        return upper;
    }

    private boolean isThere(String command) {
        String upper = EphemeralUppers.path(store.folder(), command);
        boolean linked = Files.isSymbolicLink(Path.of(store.userLink(upper)));
        assertThat(linked).isEqualTo(Files.exists(Path.of(upper)));
        return linked;
    }

    private void sweepWhileLocked(Path path) throws KernelException {
        try (Fd held = PathCalls.open(kernel, path.toString(), Constants.O_RDONLY)) {
            FileLocks.take(held);
            uppers.sweep(FileTree::remove);
        }
    }

    @Test
    void thoseOfTheDeadGoWithTheirNotes() throws IOException {
        make(DEAD);
        make(SLOT);
        make("web~" + ProcessHandle.current().pid());

        uppers.sweep(FileTree::remove);

        assertThat(isThere(DEAD)).isFalse();
        assertThat(isThere(SLOT)).isFalse();
        assertThat(isThere("web~" + ProcessHandle.current().pid())).isTrue();
    }

    /** Their jbox may be in another PID namespace; that of a slot has no process id at all. */
    @Test
    void thoseThatAreLockedStay() throws IOException, KernelException {
        Path dead = make(DEAD);
        make(SLOT);

        sweepWhileLocked(dead);
        assertThat(isThere(DEAD)).isTrue();
        assertThat(isThere(SLOT)).isFalse();

        make(SLOT);
        sweepWhileLocked(EphemeralUppers.work(store.folder(), SLOT));
        assertThat(isThere(SLOT)).isTrue();
        assertThat(isThere(DEAD)).isFalse();
    }

    @Test
    void partsOfThemGoAsWell() throws IOException {
        for (String command : new String[] {DEAD, SLOT}) {
            Path whole = EphemeralUppers.work(store.folder(), command);
            Files.createDirectories(whole.resolve("rootfs.work/work"));
            Files.createFile(whole.resolve("rootfs.tree"));
        }

        uppers.sweep(FileTree::remove);

        assertThat(store.records().list("uppers")).isEmpty();
    }
}
