package io.jbox.life;

import io.jbox.host.OpenFile;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileLocks;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.state.StateFolder;

/**
 * The lock (flock(2)) that a box's monitor holds until the cleanup is done, it dies, or it passes the lock to the
 * reaper.
 */
final class MonitorLock {
    private static final int TRIES = 200;
    private static final long PAUSE_MILLIS = 5;

    private final Kernel kernel;
    private final String path;

    MonitorLock(Kernel kernel, StateFolder folder, String box) {
        this.kernel = kernel;
        this.path = folder.of(box) + "/monitor.lock";
    }

    /** Waits until no process holds it. */
    void await() {
        try (Fd file = OpenFile.make(kernel, path)) {
            FileLocks.take(file);
        } catch (KernelException e) {
            // The box's folder is gone, and so is its monitor.
            return;
        }
    }

    /** Waits up to a second for that. */
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
