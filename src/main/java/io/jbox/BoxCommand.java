package io.jbox;

import io.jbox.config.WaitStatus;
import io.jbox.facts.Launch;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.launch.BoxProcess;
import io.jbox.life.CommandThread;
import io.jbox.plan.Descriptors;
import io.jbox.problem.JboxException;
import io.jbox.terminal.DescriptorStreams;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;

/** A command that runs in a box. */
public final class BoxCommand implements AutoCloseable {
    private final Kernel kernel;
    private final CommandThread thread;
    private final BoxProcess process;
    private final List<Launch.Stream> streams;
    private final Runnable last;

    /**
     * @param streams what its descriptors 0, 1 and 2 are
     * @param last run when it is closed
     */
    BoxCommand(Kernel kernel, CommandThread thread, List<Launch.Stream> streams, Runnable last) {
        this.kernel = kernel;
        this.thread = thread;
        this.process = thread.process();
        this.streams = List.copyOf(streams);
        this.last = last;
    }

    /** The process, for callers that copy its streams by descriptor. */
    public BoxProcess process() {
        return process;
    }

    /** Its process id on the host. */
    public int pid() {
        return process.pid();
    }

    /** Its standard input, if requested as a pipe; can be called once. Closing the stream ends the input. */
    public OutputStream standardInput() {
        return new DescriptorStreams.Output(take(0));
    }

    /** Its output until it ends. Later output of its background children is not waited for. */
    public InputStream standardOutput() {
        return new DescriptorStreams.Input(kernel, take(1), process.pidfd());
    }

    /** Its error output until it ends. */
    public InputStream standardError() {
        return new DescriptorStreams.Input(kernel, take(2), process.pidfd());
    }

    private Fd take(int standard) {
        if (streams.get(standard) != Launch.Stream.PIPE) {
            throw new JboxException("descriptor " + standard + " of the command is not a pipe");
        }
        return process.take(Descriptors.pipeOutside(standard));
    }

    /** Sends it a signal. */
    public void signal(int number) {
        process.signal(number);
    }

    /**
     * Waits for its end.
     *
     * @return its exit code, or 128 + the signal's number
     */
    public int waitFor() {
        int status = process.waitFor();
        thread.settle();
        return WaitStatus.exitCode(status);
    }

    @Override
    public void close() {
        try {
            process.close();
        } finally {
            last.run();
        }
        if (process.poll() != null) {
            thread.settle();
        }
    }
}
