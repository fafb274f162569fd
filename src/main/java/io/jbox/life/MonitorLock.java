package io.jbox.life;

import io.jbox.host.OpenFile;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileLocks;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.state.StateFolder;

/** What a box's monitor holds until all is done, or as long as it lives, or gives to the reaper: a lock (flock(2)). */
final class MonitorLock {
    private static final int TRIES = 200;
    private static final long PAUSE_MILLIS = 5;

    private final Kernel kernel;
    private final String path;

    MonitorLock(Kernel kernel, StateFolder folder, String box) {
        this.kernel = kernel;
        this.path = folder.of(box) + "/monitor.lock";
    }

    /** Waits until nobody has it. */
    void await() {
        try (Fd file = OpenFile.make(kernel, path)) {
            FileLocks.take(file);
        } catch (KernelException e) {
            // The box's folder is gone, and so is its monitor.
            return;
        }
    }

    /** Waits a second for that. */
    void awaitSoon() {
        try (Fd file = OpenFile.make(kernel, path)) {
            for (int i = 0; i < TRIES && !FileLocks.tryTake(file); i++) {
                Thread.sleep(PAUSE_MILLIS);
            }
        } catch (KernelException e) {
            // The box's folder is gone, and so is its monitor.
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
