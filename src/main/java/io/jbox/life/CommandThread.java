package io.jbox.life;

import io.jbox.launch.BoxProcess;
import io.jbox.problem.JboxException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * A thread for one command in a box. The kernel ends the command with the thread that has made it (PR_SET_PDEATHSIG): that
 * must not be a caller's, which may be of a pool and gone before the command.
 */
public final class CommandThread extends Thread {
    private final Supplier<BoxProcess> start;
    private final CompletableFuture<BoxProcess> made = new CompletableFuture<>();

    private CommandThread(Supplier<BoxProcess> start) {
        super("jbox-command");
        this.start = start;
        setDaemon(true);
    }

    /**
     * Returns when the command runs, which lives as long as it likes, and this JVM does.
     *
     * @throws JboxException if it could not be started
     */
    public static CommandThread start(Supplier<BoxProcess> start) {
        CommandThread thread = new CommandThread(start);
        thread.start();
        thread.process();
        return thread;
    }

    /** The command. */
    public BoxProcess process() {
        try {
            return made.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (e.getCause() instanceof Error cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** Returns when the thread has ended, and its descriptor is closed; for a command that has ended. */
    public void settle() {
        try {
            join();
        } catch (InterruptedException e) {
            // It ends by itself, a moment later.
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void run() {
        BoxProcess process;
        try {
            process = start.get();
        } catch (RuntimeException | Error e) {
            made.completeExceptionally(e);
            return;
        }
        try (BoxProcess.End end = process.end()) {
            made.complete(process);
            end.await();
        }
    }
}
