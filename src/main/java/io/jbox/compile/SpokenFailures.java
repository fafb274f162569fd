package io.jbox.compile;

import static io.jbox.uapi.Syscall.*;

import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.SmallOp;
import io.jbox.problem.JboxException;
import io.jbox.problem.RawText;
import io.jbox.program.Call;
import io.jbox.program.Fail;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Syscall;
import java.util.ArrayList;
import java.util.List;

/**
 * Lets a process print its own failures, because no jbox remains to do it. It writes the step's subject, the error and
 * a hint to standard error, and ends with the step's exit code.
 *
 * <p>The texts are in the program. A table holds address and length of each error's text; an entry is found by doubling
 * the negative error number four times and adding the address of the table's end.
 *
 * <pre>
 *  op < 0 ─► subject, hint, exit code and what comes next are copied into the ops below
 *            error's text ─► writev(2, subject, error, hint) ─► exit_group, or on with the next call
 * </pre>
 */
public final class SpokenFailures implements Failures {
    private static final int STANDARD_ERROR = 2;
    /** The last error that has a name. */
    private static final int LAST_NAMED = 133;
    /** The last one that the kernel returns: ENOTSUPP, and some more that it keeps to itself (include/linux/errno.h). */
    private static final int LAST_ERRNO = 530;
    /** Address and length, as in struct iovec. */
    private static final int PART = 2 * Long.BYTES;

    private static final int PARTS = 4;
    private static final int DOUBLINGS = 4;
    /** The size of an op's three next addresses in bytes. */
    private static final int NEXT = 3 * Long.BYTES;

    /** The memory needed besides the calls': the table, the error texts, and the shared ops. */
    static final int SIZE = LAST_ERRNO * PART + LAST_NAMED * 80 + 32 * Op.SIZE;

    private final Program program;
    private final String tool;
    private final int code;
    private final List<Spoken> failures = new ArrayList<>();

    private record Spoken(Op op, Step step, Syscall call, boolean ends, long next) {}

    /**
     * @param tool the prefix of its messages
     * @param code the exit code for steps that do not set one
     */
    public SpokenFailures(Program program, String tool, int code) {
        this.program = program;
        this.tool = tool;
        this.code = code;
    }

    /** The memory needed by a call that can fail, in bytes. */
    static int size(Step step) {
        int texts = RawText.encode(step.subject()).length;
        for (Step.Hint hint : step.hints()) {
            texts += hint.text().length() * 3 + Op.SIZE * 2;
        }
        return texts + 12 * Op.SIZE + 16 * Long.BYTES;
    }

    @Override
    public void connect(Op op, Step step, Call call, boolean inChild) {
        switch (call.outcome()) {
            case MUST_SUCCEED -> failures.add(new Spoken(op, step, call.syscall(), true, 0));
            case SAY_FAILURE -> failures.add(new Spoken(op, step, call.syscall(), false, program.next()));
            case MAY_FAIL -> {}
            default -> throw new IllegalArgumentException(call.notation() + ": only an error has words");
        }
    }

    @Override
    public void connect(Op op, Step step, Fail fail, boolean inChild) {
        if (fail.reason() != Fail.Reason.NOT_EXECUTED) {
            throw new IllegalArgumentException(step.subject() + ": only an error has words");
        }
        failures.add(new Spoken(op, step, EXECVE, true, 0));
    }

    /** Adds the shared ops that print failures, after all other ops. */
    public void finish() {
        long table = program.space(LAST_ERRNO * PART);
        long unknown = part(program.space(PART), "Unknown error");
        for (int errno = 1; errno <= LAST_ERRNO; errno++) {
            long at = table + (long) (LAST_ERRNO - errno) * PART;
            if (errno <= LAST_NAMED || errno == Errno.ENOTSUPP) {
                part(at, Errno.describe(errno));
            } else {
                program.writeLong(at, program.readLong(unknown));
                program.writeLong(at + Long.BYTES, program.readLong(unknown + Long.BYTES));
            }
        }
        long error = program.space(Long.BYTES);
        long parts = program.space(PARTS * PART);
        part(parts + 3 * PART, "\n");

        // The shared ops come first, because each failure copies into them.
        long first = program.next();
        for (int i = 0; i < DOUBLINGS; i++) {
            Op number = program.op(SmallOp.COPY);
            Op doubling = program.op(SmallOp.ADD, error, 0);
            number.argument(0, doubling.argumentAddress(1)).argument(1, error).argument(2, Long.BYTES);
        }
        program.op(SmallOp.ADD, error, table + LAST_ERRNO * PART);
        Op address = program.op(SmallOp.COPY);
        Op entry = program.op(SmallOp.COPY, parts + PART, 0, PART);
        address.argument(0, entry.argumentAddress(1)).argument(1, error).argument(2, Long.BYTES);
        Op say = program.op(Syscall.WRITEV, STANDARD_ERROR, parts, PARTS);
        Op exit = program.op(Syscall.EXIT_GROUP, code);

        for (Spoken failure : failures) {
            failure.op.onNegative(program.next());
            add(failure, error, parts, say, exit, first);
        }
    }

    private void add(Spoken failure, long error, long parts, Op say, Op exit, long shared) {
        Step step = failure.step;
        copy(error, failure.op.resultAddress(), Long.BYTES);
        // One without a subject has just said what it is.
        String subject = step.subject().isEmpty() ? "" : "jbox: " + tool + ": " + step.subject() + ": ";
        copy(parts, part(program.space(PART), subject), PART);
        copy(parts + 2 * PART, program.space(PART), PART);
        for (Step.Hint hint : step.hints()) {
            if (hint.call() == null || hint.call() == failure.call) {
                Op is = program.op(
                        SmallOp.COMPARE, failure.op.resultAddress(), program.words(-hint.errno()), Long.BYTES);
                copy(parts + 2 * PART, part(program.space(PART), "\n  hint: " + hint.text()), PART);
                is.onPositive(program.next());
            }
        }
        int ends = step.code() == 0 ? code : step.code();
        copy(exit.argumentAddress(0), program.words(ends), Long.BYTES);
        if (ends == JboxException.CANNOT_EXECUTE) {
            Op missing =
                    program.op(SmallOp.COMPARE, failure.op.resultAddress(), program.words(-Errno.ENOENT), Long.BYTES);
            copy(exit.argumentAddress(0), program.words(JboxException.NOT_FOUND), Long.BYTES);
            missing.onPositive(program.next());
        }
        long next = failure.ends ? exit.address() : failure.next;
        Op last = copy(say.nextAddress(), program.words(next, next, next), NEXT);
        last.next(shared);
    }

    private Op copy(long to, long from, int bytes) {
        return program.op(SmallOp.COPY, to, from, bytes);
    }

    /** Writes address and length of a text; returns their address. */
    private long part(long at, String text) {
        byte[] bytes = RawText.encode(text);
        program.writeLong(at, program.bytes(bytes));
        program.writeLong(at + Long.BYTES, bytes.length);
        return at;
    }
}
