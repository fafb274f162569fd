package io.jbox.life;

import io.jbox.config.WaitStatus;
import io.jbox.host.ProcessWatch;
import io.jbox.problem.JboxException;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import io.jbox.uapi.Constants;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** One thread that waits for the ends of any number of boxes. */
public final class EndWatcher implements AutoCloseable {
    private final BoxRegistry registry;
    private final Runnable bury;
    private final Map<String, CompletableFuture<Integer>> waiting = new HashMap<>();
    private final StateWatch watch;
    private final Thread thread;
    private boolean closed;

    /** @param bury run when a box has ended, to reap its monitor, which may be a child of this process */
    public EndWatcher(BoxRegistry registry, Runnable bury) {
        this.registry = registry;
        this.bury = bury;
        this.watch = new StateWatch(registry.kernel());
        thread = new Thread(this::run, "jbox-ends");
        thread.setDaemon(true);
        thread.start();
    }

    public synchronized CompletionStage<Integer> ended(String box) {
        CompletableFuture<Integer> future = waiting.get(box);
        if (future == null) {
            future = new CompletableFuture<>();
            waiting.put(box, future);
            watch.add(registry.state().of(box), box);
            watch.wake();
        }
        return future.minimalCompletionStage();
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private synchronized List<String> boxes() {
        return List.copyOf(waiting.keySet());
    }

    private void run() {
        while (true) {
            // Read before the check, so that a wake by close() is never lost.
            watch.read(record -> {});
            if (isClosed()) {
                break;
            }
            List<ProcessWatch> processes = new ArrayList<>();
            try {
                for (String box : boxes()) {
                    ProcessWatch process = look(box);
                    if (process != null) {
                        processes.add(process);
                    }
                }
                watch.await(processes, -1);
            } finally {
                processes.forEach(ProcessWatch::close);
            }
        }
        for (String box : boxes()) {
            finish(box).completeExceptionally(new JboxException(box + ": its end is no longer watched"));
        }
        watch.close();
    }

    /** Completes the future of a box that has ended; otherwise returns the process to wait for. */
    private @Nullable ProcessWatch look(String box) {
        try {
            Settler.Truth truth = registry.settler().tidyUp(box);
            BoxRecord record = truth.record();
            while (truth.state() != BoxState.STOPPED && record != null) {
                ProcessWatch watch = ProcessWatch.find(registry.kernel(), record);
                if (watch != null || record.monitor() == null) {
                    return watch;
                }
                // The process has ended since.
                truth = registry.settler().tidyUp(box);
                record = truth.record();
            }
        } catch (JboxException e) {
            finish(box).completeExceptionally(e);
            return null;
        }
        bury.run();
        Integer status = registry.state().readExit(box);
        finish(box).complete(WaitStatus.exitCode(status == null ? Constants.SIGKILL : status));
        return null;
    }

    private synchronized CompletableFuture<Integer> finish(String box) {
        CompletableFuture<Integer> future = waiting.remove(box);
        return future == null ? new CompletableFuture<>() : future;
    }

    /** Returns when the thread has ended, and with it its descriptors. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        watch.wake();
        if (Thread.currentThread().equals(thread)) {
            // close() was called by a callback on this thread, which cannot join itself.
            return;
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
