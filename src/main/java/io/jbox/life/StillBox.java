package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.config.RootfsPath;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileLocks;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.PathCalls;
import io.jbox.problem.JboxException;
import io.jbox.state.BoxLock;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import io.jbox.uapi.Constants;
import org.jspecify.annotations.Nullable;

/** Keeps a box's files unchanged until closed: the box stays stopped, or stays frozen. */
final class StillBox implements AutoCloseable {
    private final BoxRegistry registry;
    private final String name;
    private final boolean known;
    private @Nullable BoxLock lock;
    private @Nullable Fd upper;

    private StillBox(BoxRegistry registry, String name) {
        this.registry = registry;
        this.name = name;
        this.known = registry.state().names().contains(name);
    }

    /**
     * @param orFrozen whether to accept a frozen box
     * @throws JboxException if it runs, or a command of {@code run} uses its files
     */
    static StillBox hold(BoxRegistry registry, Config config, boolean orFrozen) {
        StillBox still = new StillBox(registry, config.name().get());
        try {
            still.take(config.rootfs().path().get(), orFrozen);
            return still;
        } catch (RuntimeException e) {
            still.close();
            throw e;
        }
    }

    private void take(RootfsPath rootfs, boolean orFrozen) {
        SettledBox settled = SettledBox.take(registry, name);
        lock = settled.lock();
        BoxRecord record = settled.record();
        if (record != null && orFrozen && record.state() == BoxState.FROZEN) {
            return;
        }
        if (record != null) {
            throw new JboxException(
                    name + ": is running",
                    orFrozen ? "jbox freeze " + name + ", or jbox stop " + name : "jbox stop " + name);
        }
        // A run command uses the files without a record of the box, but holds a lock on them.
        upper = PathCalls.find(registry.kernel(), rootfs.path(), Constants.O_RDONLY);
        try {
            if (upper != null && !FileLocks.tryTake(upper)) {
                throw new JboxException(name + ": a command runs in it, on " + rootfs.path());
            }
        } catch (KernelException e) {
            throw e.about(rootfs.path());
        }
    }

    @Override
    public void close() {
        if (upper != null) {
            upper.close();
        }
        try (BoxLock held = lock) {
            if (held != null && !known) {
                registry.state().forgetIfEmpty(name, held);
            }
        }
    }
}
