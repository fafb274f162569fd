package io.jbox.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.RecordingKernel;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Syscall;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class BoxLockTest {
    private final Kernel kernel = NativeKernel.open();

    @TempDir
    private Path above;

    private Path folder;

    @BeforeEach
    void folder() throws IOException {
        folder = Files.createDirectory(above.resolve("web"));
    }

    @Test
    void oneAtATimeHasIt() {
        try (BoxLock lock = BoxLock.take(kernel, folder.toString())) {
            assertThat(BoxLock.tryTake(kernel, folder.toString())).isNull();
        }
        try (BoxLock lock = BoxLock.tryTake(kernel, folder.toString())) {
            assertThat(lock).isNotNull();
        }
    }

    @Test
    void nobodyHasTheLockOfAFolderThatIsNotThere() {
        String missing = above.resolve("no").toString();

        assertThat(BoxLock.tryTake(kernel, missing)).isNull();
        BoxLock.await(kernel, missing);
        assertThatThrownBy(() -> BoxLock.take(kernel, missing))
                .hasMessage("state folder " + missing + ": missing, or not ours");
    }

    /** Nor that of somebody else's, which a link leads to. */
    @Test
    void aLinkIsNoFolder() throws IOException {
        Path link = Files.createSymbolicLink(above.resolve("link"), folder);

        assertThat(BoxLock.tryTake(kernel, link.toString())).isNull();
    }

    @Test
    void whoWaitsHasItWhenItIsGivenUp() throws Exception {
        BoxLock lock = BoxLock.take(kernel, folder.toString());
        CompletableFuture<Void> waits = CompletableFuture.runAsync(() -> BoxLock.await(kernel, folder.toString()));
        assertThat(waits).isNotDone();

        lock.close();
        waits.get(20, TimeUnit.SECONDS);
    }

    /** What a lock on a folder that is gone would be worth: nothing. */
    @Test
    void whoWaitedForAFolderThatWasMadeAnewHasTheLockOfTheNewOne() throws Exception {
        BoxLock old = BoxLock.take(kernel, folder.toString());
        CompletableFuture<BoxLock> waits = CompletableFuture.supplyAsync(() -> BoxLock.take(kernel, folder.toString()));
        Thread.sleep(50);
        Files.delete(folder);
        Files.createDirectory(folder);
        old.close();

        try (BoxLock lock = waits.get(20, TimeUnit.SECONDS)) {
            assertThat(BoxLock.tryTake(kernel, folder.toString())).isNull();
        }
    }

    @Test
    void anInterruptedCallIsMadeOnceMoreAndARefusedOneLeavesNothingOpen() {
        int[] calls = {0};
        RecordingKernel interrupted = new RecordingKernel((call, arguments) -> call == Syscall.OPENAT
                ? 7
                : call == Syscall.FLOCK ? calls[0]++ == 0 ? -Errno.EINTR : -Errno.EAGAIN : 0);

        assertThat(BoxLock.tryTake(interrupted, "/x")).isNull();

        assertThat(interrupted.made())
                .extracting(RecordingKernel.Made::name)
                .containsExactly("openat", "flock", "flock", "close");
    }
}
