package io.jbox;

import io.jbox.box.WaitStatus;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Syscall;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** One thread that waits for the ends of any number of boxes. */
final class EndWatcher implements AutoCloseable {
    private static final int KILLED = Constants.SIGKILL;

    private final Jbox jbox;
    private final Kernel kernel;
    private final Map<String, CompletableFuture<Integer>> waiting = new HashMap<>();
    private final StateWatch watch;
    private boolean closed;

    EndWatcher(Jbox jbox) {
        this.jbox = jbox;
        this.kernel = jbox.kernel();
        this.watch = new StateWatch(kernel);
        jbox.state().makeRoot();
        // A new file in here wakes the thread up.
        watch.add(jbox.state().root(), "");
        Thread thread = new Thread(this::run, "jbox-ends");
        thread.setDaemon(true);
        thread.start();
    }

    synchronized CompletionStage<Integer> ended(String box) {
        CompletableFuture<Integer> future = waiting.get(box);
        if (future == null) {
            future = new CompletableFuture<>();
            waiting.put(box, future);
            watch.add(jbox.state().of(box), box);
            wake();
        }
        return future.minimalCompletionStage();
    }

    /** A watched folder gets a file and loses it. */
    private void wake() {
        java.io.File file = new java.io.File(jbox.state().root(), ".wake-" + kernel.call(Syscall.GETPID));
        int descriptor = OpenFile.make(kernel, file.getPath());
        if (descriptor >= 0) {
            kernel.call(Syscall.CLOSE, descriptor);
        }
        if (!file.delete()) {
            return;
        }
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private synchronized List<String> boxes() {
        return List.copyOf(waiting.keySet());
    }

    private void run() {
        while (!isClosed()) {
            List<ProcessWatch> processes = new ArrayList<>();
            try {
                watch.read();
                for (String box : boxes()) {
                    Settler.Truth truth = jbox.settler().look(box);
                    BoxRecord record = truth.record();
                    if (truth.state() == BoxState.STOPPED || record == null) {
                        complete(box);
                        continue;
                    }
                    ProcessWatch init = ProcessWatch.find(kernel, record.init());
                    ProcessWatch process = init == null ? ProcessWatch.find(kernel, record.monitor()) : init;
                    if (process != null) {
                        processes.add(process);
                    }
                }
                watch.await(processes, -1);
            } finally {
                processes.forEach(ProcessWatch::close);
            }
        }
        watch.close();
    }

    private void complete(String box) {
        jbox.bury();
        Integer status = jbox.state().readExit(box);
        CompletableFuture<Integer> future;
        synchronized (this) {
            future = waiting.remove(box);
        }
        if (future != null) {
            future.complete(WaitStatus.exitCode(status == null ? KILLED : status));
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        wake();
    }
}
