package io.jbox.compile;

import static io.jbox.uapi.Syscall.*;

import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.SmallOp;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.RawText;
import io.jbox.program.Call;
import io.jbox.program.Fail;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Syscall;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Lets a process print its own failures, because no jbox remains to do it. It writes the step's subject, the error and
 * a hint to a descriptor, and ends with the step's exit code.
 *
 * <p>The texts are in the program. A table holds address and length of each error's text; an entry is found by doubling
 * the negative error number four times and adding the address of the table's end. Each failure has a record with its
 * own data and one op that leads to it; all other ops are shared.
 *
 * <pre>
 *  op < 0 ─► its record is copied to where the shared ops find it
 *            error's text, hint ─► writev(2, subject, error, place, hint) ─► exit_group, or on with another op
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

    private static final int PARTS = 5;
    private static final int DOUBLINGS = 4;
    /** The size of an op's three next addresses in bytes. */
    private static final int NEXT = 3 * Long.BYTES;

    /** A record: where the result is, the parts of the message, the hints, the exit codes, and what comes next. */
    private static final int SUBJECT_AT = 8;

    private static final int PLACE_AT = 24;
    private static final int HINTS_AT = 40;
    private static final int CODE_AT = 48;
    private static final int MISSING_AT = 56;
    private static final int OWN_AT = 64;
    private static final int NEXT_AT = 80;
    private static final int RECORD = NEXT_AT + NEXT;
    /** A hint: the negative error, and the part of the message. The last one has the error 0. */
    private static final int HINT = 3 * Long.BYTES;

    /** The memory needed besides the calls': the table, the error texts, and the shared ops. */
    static final int SIZE = LAST_ERRNO * PART + LAST_NAMED * 80 + 64 * Op.SIZE;

    private final Program program;
    private final Voice voice;
    private final Op exit;
    private final List<Spoken> failures = new ArrayList<>();
    private final Map<String, Long> texts = new HashMap<>();

    /**
     * How a process prints failures.
     *
     * @param prefix of each message
     * @param code the exit code for steps that do not set one
     * @param descriptor that it writes to
     * @param full whether messages name the call that failed, and the place in the configuration
     */
    record Voice(String prefix, int code, int descriptor, boolean full) {}

    /**
     * @param call null for a failure of the step itself
     * @param own text in place of the error's text; null for the latter
     */
    private record Spoken(
            Op op,
            Step step,
            @Nullable Syscall call,
            @Nullable String own,
            long next) {}

    /**
     * @param tool named in its messages
     * @param code the exit code for steps that do not set one
     */
    public SpokenFailures(Program program, String tool, int code) {
        this(program, new Voice("jbox: " + tool + ": ", code, STANDARD_ERROR, false));
    }

    /** Adds the op that ends the process; the program must begin behind it. */
    SpokenFailures(Program program, Voice voice) {
        this.program = program;
        this.voice = voice;
        this.exit = program.op(Syscall.EXIT_GROUP, voice.code);
    }

    /** The memory needed by a call that can fail, in bytes. */
    static int size(Step step) {
        int texts = RawText.encode(step.subject()).length;
        for (Step.Hint hint : step.hints()) {
            texts += hint.text().length() * 3 + HINT + 2 * Long.BYTES;
        }
        return texts + 4 * Op.SIZE + RECORD + HINT + 16 * Long.BYTES;
    }

    @Override
    public void connect(Op op, Step step, Call call, boolean inChild) {
        switch (call.outcome()) {
            case MUST_SUCCEED -> say(op, step, call.syscall(), exit());
            case SAY_FAILURE -> say(op, step, call.syscall(), program.next());
            case MAY_FAIL -> {}
            default -> throw new IllegalArgumentException(call.notation() + ": only an error has words");
        }
    }

    @Override
    public void connect(Op op, Step step, Fail fail, boolean inChild) {
        if (fail.reason() != Fail.Reason.NOT_EXECUTED) {
            throw new IllegalArgumentException(step.subject() + ": only an error has words");
        }
        say(op, step, EXECVE, exit());
    }

    /** Address of the op that ends the process with the exit code of the last printed failure. */
    long exit() {
        return exit.address();
    }

    /** Address of that exit code, 8 bytes. */
    long exitCode() {
        return exit.argumentAddress(0);
    }

    /**
     * Prints a failure if an op's result is negative.
     *
     * @param next address of the op to continue with
     */
    void say(Op op, Step step, Syscall call, long next) {
        failures.add(new Spoken(op, step, call, null, next));
    }

    /** Prints a text if an op is reached and its result is negative. */
    void say(Op op, Step step, String text, long next) {
        failures.add(new Spoken(op, step, null, text, next));
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
        long record = program.space(RECORD);
        long first = shared(table, record);
        for (Spoken failure : failures) {
            failure.op.onNegative(program.next());
            copy(record, record(failure), RECORD).next(first);
        }
    }

    /** The ops that all failures share; returns the address of the first one. */
    private long shared(long table, long record) {
        long value = program.space(Long.BYTES);
        long error = program.space(Long.BYTES);
        long parts = program.space(PARTS * PART);
        long hint = program.space(HINT);
        long at = program.space(Long.BYTES);
        long none = program.space(PART);
        part(parts + (PARTS - 1) * PART, "\n");
        long first = program.next();
        follow(value, record, Long.BYTES);
        copy(error, value, Long.BYTES);
        for (int i = 0; i < DOUBLINGS; i++) {
            Op number = program.op(SmallOp.COPY);
            Op doubling = program.op(SmallOp.ADD, error, 0);
            number.argument(0, doubling.argumentAddress(1)).argument(1, error).argument(2, Long.BYTES);
        }
        program.op(SmallOp.ADD, error, table + LAST_ERRNO * PART);
        Op hasOwn = program.op(SmallOp.COMPARE, record + OWN_AT + Long.BYTES, none, Long.BYTES);
        Op own = copy(parts + PART, record + OWN_AT, PART);
        hasOwn.onZero(program.next());
        follow(parts + PART, error, PART);
        own.next(program.next());
        copy(parts, record + SUBJECT_AT, PART);
        copy(parts + 2 * PART, record + PLACE_AT, PART);
        copy(parts + 3 * PART, none, PART);
        copy(at, record + HINTS_AT, Long.BYTES);
        long loop = program.next();
        follow(hint, at, HINT);
        Op last = program.op(SmallOp.COMPARE, hint, none, Long.BYTES);
        Op other = program.op(SmallOp.COMPARE, hint, value, Long.BYTES);
        Op found = copy(parts + 3 * PART, hint + Long.BYTES, PART);
        other.onPositive(program.next());
        program.op(SmallOp.ADD, at, HINT).next(loop);
        last.onZero(program.next());
        found.next(program.next());
        copy(exitCode(), record + CODE_AT, Long.BYTES);
        Op missing = program.op(SmallOp.COMPARE, value, program.words(-Errno.ENOENT), Long.BYTES);
        copy(exitCode(), record + MISSING_AT, Long.BYTES);
        missing.onPositive(program.next());
        Op next = program.op(SmallOp.COPY);
        Op say = program.op(Syscall.WRITEV, voice.descriptor, parts, PARTS);
        next.argument(0, say.nextAddress()).argument(1, record + NEXT_AT).argument(2, NEXT);
        return first;
    }

    private long record(Spoken failure) {
        Step step = failure.step;
        long record = program.space(RECORD);
        program.writeLong(record, failure.op.resultAddress());
        // A step without a subject has written the beginning of the message itself.
        String call = failure.call == null || failure.call == EXECVE ? "" : failure.call.kernelName() + ": ";
        String subject = voice.prefix + step.subject() + ": " + (voice.full ? call : "");
        part(record + SUBJECT_AT, step.subject().isEmpty() ? "" : subject);
        part(record + PLACE_AT, voice.full ? place(step.place()) : "");
        part(record + OWN_AT, failure.own == null ? "" : failure.own);
        program.writeLong(record + HINTS_AT, hints(failure));
        int code = step.code() == 0 ? voice.code : step.code();
        program.writeLong(record + CODE_AT, code);
        program.writeLong(record + MISSING_AT, code == JboxException.CANNOT_EXECUTE ? JboxException.NOT_FOUND : code);
        for (int i = 0; i < NEXT; i += Long.BYTES) {
            program.writeLong(record + NEXT_AT + i, failure.next);
        }
        return record;
    }

    private static String place(Place place) {
        return place.isDefault() ? "" : ("\n  " + place + "\n" + place.snippet()).stripTrailing();
    }

    /** The hints for errors of the call, the first that counts before others; a text of its own contains its advice. */
    private long hints(Spoken failure) {
        List<Step.Hint> hints = new ArrayList<>();
        for (Step.Hint hint : failure.step.hints()) {
            boolean ofCall = hint.call() == null || hint.call() == failure.call;
            if (failure.own == null && hint.reason() == null && ofCall) {
                hints.add(hint);
            }
        }
        long list = program.space(HINT * hints.size() + Long.BYTES);
        for (int i = 0; i < hints.size(); i++) {
            long at = list + (long) i * HINT;
            program.writeLong(at, -hints.get(i).errno());
            part(at + Long.BYTES, "\n  hint: " + hints.get(i).text());
        }
        return list;
    }

    /** Copies from where a pointer leads to. */
    private void follow(long to, long pointer, int bytes) {
        Op address = program.op(SmallOp.COPY);
        Op copy = copy(to, 0, bytes);
        address.argument(0, copy.argumentAddress(1)).argument(1, pointer).argument(2, Long.BYTES);
    }

    private Op copy(long to, long from, int bytes) {
        return program.op(SmallOp.COPY, to, from, bytes);
    }

    /** Writes address and length of a text; returns their address. */
    private long part(long at, String text) {
        byte[] bytes = RawText.encode(text);
        Long address = texts.get(text);
        if (address == null) {
            address = program.bytes(bytes);
            texts.put(text, address);
        }
        program.writeLong(at, address);
        program.writeLong(at + Long.BYTES, bytes.length);
        return at;
    }
}
