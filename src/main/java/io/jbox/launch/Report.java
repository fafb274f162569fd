package io.jbox.launch;

import io.jbox.compile.Image;
import io.jbox.compile.ReportedFailures;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.plan.Descriptors;
import io.jbox.problem.JboxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the processes of a launch say: which one was made, that it runs, or what has failed. A process that shares jbox's
 * memory leaves its results there; the others send their ops with the results through the exec pipe.
 */
final class Report {
    private final Kernel kernel;
    private final String box;
    private final Programs programs;
    private final ReportedFailures shared;
    private final Fd pipe;

    /**
     * @param shared of what our child does in jbox's memory
     * @param pipe jbox's end of the exec pipe
     */
    Report(Kernel kernel, String box, Programs programs, ReportedFailures shared, Fd pipe) {
        this.kernel = kernel;
        this.box = box;
        this.programs = programs;
        this.shared = shared;
        this.pipe = pipe;
    }

    /**
     * The process that our child has made: the second id of the pipe's first message.
     *
     * @param heard with that message and its length
     * @throws JboxException if it has made none
     */
    int made(Holdings heard) {
        byte[] message = ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(heard.number(Descriptors.MESSAGE))
                .array();
        int length = (int) heard.number(Descriptors.HEARD);
        message = Arrays.copyOf(message, length);
        int made = ExecPipe.child(message);
        if (made != 0) {
            return made;
        }
        JboxException failure = shared.find(box);
        if (failure == null) {
            byte[] ops = ExecPipe.readAll(kernel, pipe, message);
            // A process that fails at once can be faster than the message of who has made it.
            Image child = programs.child();
            Image teller = child != null && ops.length == child.reportLength() ? child : programs.watched();
            if (teller != null && ops.length >= teller.reportLength()) {
                failure = teller.failure(box, ops);
            }
        }
        // Whatever fails is reported; one that says nothing had no time to.
        throw failure == null ? new JboxException(box + ": " + programs.way().silentBefore()) : failure;
    }

    /**
     * Blocks until a process says that it is set up and waits again.
     *
     * @throws JboxException if it fails before
     */
    void awaitSetUp() {
        Image watched = programs.watched();
        byte[] message = ExecPipe.read(kernel, pipe, watched == null ? 1 : watched.reportLength());
        if (message.length != 1) {
            awaitEnd(message);
        }
    }

    /**
     * Blocks until the process that the launch is about runs its program. One that was killed shows in its wait status,
     * like one that is killed later.
     *
     * @throws JboxException if it has failed
     */
    void awaitRunning() {
        awaitEnd(new byte[0]);
    }

    private void awaitEnd(byte[] begun) {
        byte[] ops = ExecPipe.readAll(kernel, pipe, begun);
        JboxException failure = shared.find(box);
        if (failure == null && ops.length > 0) {
            failure = told(ops);
            if (failure == null && programs.child() != null) {
                failure = new JboxException(box + ": " + programs.way().silent());
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /**
     * Why a launch has failed, once its processes have ended: a step of ours that met a dead process is not the reason. A
     * process that reports no failure has ended because we have.
     */
    RuntimeException reason(Throwable thrown) {
        JboxException failure = shared.find(box);
        if (failure == null && programs.child() != null) {
            byte[] ops = ExecPipe.readAll(kernel, pipe);
            failure = ops.length >= Op.SIZE ? told(ops) : null;
        }
        if (failure != null) {
            return failure;
        }
        if (thrown instanceof Error error) {
            throw error;
        }
        return (RuntimeException) thrown;
    }

    private @Nullable JboxException told(byte[] ops) {
        Image watched = programs.watched();
        return watched == null ? null : watched.failure(box, ops);
    }
}
