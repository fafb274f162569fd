package io.jbox.box;

import io.jbox.kernel.Constants;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.plan.Arg;
import io.jbox.plan.Call;
import io.jbox.plan.Descriptor;
import io.jbox.plan.Step;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Turns the steps of one process into ops.
 *
 * <p>A descriptor that the process opens has no number before it runs. Where one later op uses it, the opening op stores
 * its result right into that argument; where several do, a {@code dup3} gives it a number of our choice, above all that
 * the process can have open.
 */
final class Assembler {
    private record Origin(Op op, Step step, Call call) {}

    private static final int DIED = 127;

    private final Program program;
    private final Map<Descriptor, Integer> open;
    private final ArgumentWriter arguments;
    private final long die;
    private final Map<Descriptor, Integer> uses = new HashMap<>();
    private final Map<Descriptor, Op> openers = new HashMap<>();
    private final List<Origin> origins = new ArrayList<>();
    private int nextNumber;
    private long childDies;

    /**
     * @param open descriptors that the process has from the start
     * @param die the op that a failure goes on with
     */
    Assembler(Program program, Map<Descriptor, Integer> open, ArgumentWriter arguments, long die) {
        this.program = program;
        this.open = open;
        this.arguments = arguments;
        this.die = die;
    }

    /** Adds the ops of all steps. */
    void add(List<Step> steps) {
        int opened = 0;
        for (Step step : steps) {
            for (Call call : step.calls()) {
                opened += call.result() == null ? 0 : 1;
                for (Arg argument : call.arguments()) {
                    if (argument instanceof Arg.Fd fd) {
                        uses.put(fd.descriptor(), uses.getOrDefault(fd.descriptor(), 0) + 1);
                    }
                }
            }
        }
        int highest = 2;
        for (int number : open.values()) {
            highest = Math.max(highest, number);
        }
        nextNumber = highest + opened + 1;
        for (Step step : steps) {
            add(step);
        }
    }

    private void add(Step step) {
        List<Op> skips = new ArrayList<>();
        Op fork = null;
        for (Call call : step.calls()) {
            if (fork != null && call.outcome() != Call.Outcome.IN_CHILD) {
                // The child's last call was an execve: what comes behind it is only reached when that has failed.
                program.op(Syscall.EXIT_GROUP, DIED);
                fork.onPositive(program.next());
                fork = null;
            }
            if (!call.arguments().isEmpty() && call.arguments().get(0) instanceof Arg.AllBut kept) {
                closeAllBut(step, call, kept);
                continue;
            }
            Op op = program.op(Syscall.of(call.name()));
            origins.add(new Origin(op, step, call));
            for (int i = 0; i < call.arguments().size(); i++) {
                argument(op, i, call.arguments().get(i));
            }
            branch(op, call, skips);
            if (call.outcome() == Call.Outcome.FORKS) {
                fork = op;
            }
            if (call.outcome() == Call.Outcome.ZERO_IS_LATE) {
                failOnZero(op, step, call);
            }
            if (call.result() != null) {
                result(op, step, call, call.result());
            }
        }
        for (Op skip : skips) {
            skip.onNegative(program.next());
        }
    }

    private void argument(Op op, int index, Arg argument) {
        if (argument instanceof Arg.Fd fd && !open.containsKey(fd.descriptor())) {
            Op opener = openers.get(fd.descriptor());
            if (opener == null) {
                throw new IllegalArgumentException(fd.descriptor() + " is used before it is opened");
            }
            opener.store(op.argumentAddress(index));
        } else {
            arguments.write(op, index, argument);
        }
    }

    private void branch(Op op, Call call, List<Op> skips) {
        switch (call.outcome()) {
            case MUST_SUCCEED, FORKS, ZERO_IS_LATE -> op.onNegative(die);
            case STATUS_MUST_BE_ZERO -> op.onNegative(die).onPositive(die);
            case IN_CHILD -> op.onNegative(childDies());
            case MUST_BE_POSITIVE -> op.onNegative(die).onZero(die);
            case MUST_BE_ZERO -> op.onNegative(die).onPositive(die);
            case ELSE_SKIP_STEP -> skips.add(op);
            case MAY_FAIL -> {}
        }
    }

    /** A result of zero goes on with a call that cannot succeed, so that it shows as a failure. */
    private void failOnZero(Op op, Step step, Call call) {
        Op late = program.op(Syscall.CLOSE, -1).next(die);
        origins.add(new Origin(late, step, call));
        op.onZero(late.address()).onPositive(program.next());
    }

    /** Where a child goes that cannot go on; its parent will see by its status. */
    private long childDies() {
        if (childDies == 0) {
            Op jump = program.op(Syscall.GETPID);
            childDies = program.op(Syscall.EXIT_GROUP, DIED).address();
            jump.next(program.next());
        }
        return childDies;
    }

    private void result(Op op, Step step, Call call, Descriptor descriptor) {
        if (uses.getOrDefault(descriptor, 0) < 2) {
            openers.put(descriptor, op);
            return;
        }
        int number = nextNumber++;
        Op dup = program.op(Syscall.DUP3, 0, number, Constants.O_CLOEXEC).onNegative(die);
        op.store(dup.argumentAddress(0));
        origins.add(new Origin(dup, step, call));
        open.put(descriptor, number);
    }

    /** One close_range for every gap between the descriptors that stay. */
    private void closeAllBut(Step step, Call call, Arg.AllBut kept) {
        TreeSet<Integer> numbers = new TreeSet<>();
        for (Descriptor descriptor : kept.descriptors()) {
            Integer number = open.get(descriptor);
            if (number != null) {
                numbers.add(number);
            }
        }
        int first = 3;
        for (int number : numbers) {
            if (number > first) {
                close(step, call, first, number - 1);
            }
            first = number + 1;
        }
        close(step, call, first, 0xffff_ffffL);
    }

    private void close(Step step, Call call, long first, long last) {
        Op op = program.op(Syscall.CLOSE_RANGE, first, last, 0).onNegative(die);
        origins.add(new Origin(op, step, call));
    }

    /** The ops of the calls, in order. */
    List<Op> ops() {
        List<Op> ops = new ArrayList<>();
        for (Origin origin : origins) {
            ops.add(origin.op);
        }
        return ops;
    }

    /** What went wrong in the process, or null if nothing did. To be called when nobody walks the program any more. */
    @Nullable
    JboxException findFailure(String box) {
        for (Origin origin : origins) {
            long result = origin.op.result();
            boolean tolerated = origin.call.outcome() == Call.Outcome.MAY_FAIL
                    || origin.call.outcome() == Call.Outcome.ELSE_SKIP_STEP
                    || origin.call.outcome() == Call.Outcome.IN_CHILD;
            if (origin.call.outcome() == Call.Outcome.STATUS_MUST_BE_ZERO && result > 0) {
                String text = ": " + WaitStatus.describe((int) result);
                return new JboxException(problem(box, origin.step, origin.call, text, "status"));
            }
            if (origin.call.outcome() == Call.Outcome.ZERO_IS_LATE && result == -Errno.EBADF) {
                return new JboxException(problem(box, origin.step, origin.call, ": took too long", "late"));
            }
            if (result < 0 && !tolerated) {
                int code = !origin.call.name().equals("execve")
                        ? JboxException.FAILED
                        : result == -Errno.ENOENT ? JboxException.NOT_FOUND : JboxException.CANNOT_EXECUTE;
                return new JboxException(List.of(problem(box, origin.step, origin.call, result)), code);
            }
        }
        return null;
    }

    /** The problem that a negative result is. */
    static Problem problem(String box, Step step, Call call, long result) {
        int errno = (int) -result;
        Problem problem =
                problem(box, step, call, ": " + call.name() + ": " + Errno.describe(errno), Errno.name(errno));
        // dup3 to a number above the limit is EBADF.
        boolean tooMany = errno == Errno.EMFILE || errno == Errno.EBADF;
        return tooMany && problem.hint() == null
                ? new Problem(
                        problem.message(),
                        problem.place(),
                        "the start may need more open files than are allowed: ulimit -n")
                : problem;
    }

    private static Problem problem(String box, Step step, Call call, String cause, String hint) {
        return new Problem(
                box + ": " + step.subject() + cause,
                step.place().isDefault() ? null : step.place(),
                step.hintFor(call.name(), hint));
    }
}
