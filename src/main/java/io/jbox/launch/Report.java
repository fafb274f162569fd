package io.jbox.launch;

import io.jbox.compile.Image;
import io.jbox.compile.ReportedFailures;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.plan.Descriptors;
import io.jbox.problem.JboxException;
import org.jspecify.annotations.Nullable;

/**
 * Reads the reports of a launch's processes: which one was made, that it runs, or what has failed. A process that
 * shares jbox's memory leaves its results there; the others send their ops with the results through the exec pipe.
 */
final class Report {
    private final Kernel kernel;
    private final String box;
    private final Programs programs;
    private final ReportedFailures shared;
    private final Fd pipe;

    /**
     * @param shared failures of jbox's child while it uses jbox's memory
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
     * The process that jbox's child has made: the second id of the pipe's first message.
     *
     * @param heard with that message and its length
     * @throws JboxException if it has made none
     */
    int made(Holdings heard) {
        byte[] first = heard.bytes(Descriptors.MESSAGE, Descriptors.HEARD);
        byte[] message = first == null ? new byte[0] : first;
        int made = ExecPipe.child(message);
        if (made != 0) {
            return made;
        }
        JboxException failure = shared.find(box);
        if (failure == null) {
            byte[] ops = ExecPipe.readAll(kernel, pipe, message);
            // A process that fails at once may report before its parent has sent the first message.
            Image child = programs.child();
            Image teller = child != null && ops.length == child.reportLength() ? child : programs.watched();
            if (teller != null && ops.length >= teller.reportLength()) {
                failure = teller.failure(box, ops);
            }
        }
        // Every failure is reported, so a process without a report was killed.
        throw failure == null ? new JboxException(box + ": " + programs.way().silentBefore()) : failure;
    }

    /** @throws JboxException if our child has failed in jbox's memory: it says nothing then, and is dead */
    void refuseFailure() {
        JboxException failure = shared.find(box);
        if (failure != null) {
            throw failure;
        }
    }

    /**
     * Why a process did not get to the point that jbox waits for. Reads the rest of the report, which the process may still
     * be writing.
     *
     * @param begun the part of the report that has been read
     * @param waiting the failure of the step that waits
     */
    JboxException failure(byte[] begun, JboxException waiting) {
        byte[] ops = ExecPipe.readAll(kernel, pipe, begun);
        JboxException failure = shared.find(box);
        if (failure == null && ops.length > 0) {
            failure = told(ops);
        }
        if (failure == null) {
            failure = programs.child() == null
                    ? waiting
                    : new JboxException(box + ": " + programs.way().silent());
        }
        return failure;
    }

    /**
     * The reason why a launch has failed, read after its processes have ended. A failed step of jbox on a dead process
     * is not the reason if that process has reported one; a process without a report has ended because jbox gave up.
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
