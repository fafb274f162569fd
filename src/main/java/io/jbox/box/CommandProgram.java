package io.jbox.box;

import io.jbox.kernel.Errno;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.plan.Call;
import io.jbox.plan.Descriptor;
import io.jbox.plan.Step;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the process of a command does; if it fails, all its results go into the exec pipe. */
final class CommandProgram {
    private CommandProgram() {}

    /**
     * Adds the ops.
     *
     * @param numbers of the descriptors that it has
     * @param exec that of the exec pipe
     * @return the address of the first
     */
    static long add(Program program, List<Step> command, Map<Descriptor, Integer> numbers, int exec) {
        Op failed = program.op(Syscall.GETPID);
        long first = program.next();
        Map<Descriptor, Integer> open = new HashMap<>(numbers);
        Assembler assembler = new Assembler(program, open, new ArgumentWriter(program, open, 0), failed.address());
        assembler.add(command);
        failed.next(program.next());
        for (Op op : assembler.ops()) {
            program.op(Syscall.WRITE, exec, op.resultAddress(), Long.BYTES);
        }
        program.op(Syscall.EXIT_GROUP, 127);
        return first;
    }

    /** What a report of results means; a single one is of PID 1 itself. */
    static JboxException failure(List<Step> command, String box, byte[] report) {
        ByteBuffer results = ByteBuffer.wrap(report).order(ByteOrder.LITTLE_ENDIAN);
        if (report.length == Long.BYTES) {
            int reason = (int) -results.getLong();
            return new JboxException(
                    box + ": PID 1 cannot make the command's process: " + Errno.describe(reason),
                    reason == Errno.EMFILE
                            ? "prlimit.nofile is too low"
                            : "prlimit.nproc, limits.pids or limits.memory is too low");
        }
        int errno = Errno.ENOENT;
        String subject = "";
        for (Step step : command) {
            subject = step.subject();
            for (Call call : step.calls()) {
                long result = results.remaining() < Long.BYTES ? 0 : results.getLong();
                boolean must = call.outcome() != Call.Outcome.MAY_FAIL;
                if (result < 0 && must) {
                    return new JboxException(Assembler.problem(box, step, call, result));
                }
                if (result < 0 && call.name().equals("execve") && result != -Errno.ENOENT && result != -Errno.ENOTDIR) {
                    errno = (int) -result;
                }
            }
        }
        boolean missing = errno == Errno.ENOENT;
        Problem problem = new Problem(
                box + ": " + subject + ": " + Errno.describe(errno),
                null,
                missing ? "the box has no such program, or not the interpreter or libraries that it names" : null);
        return new JboxException(List.of(problem), missing ? JboxException.NOT_FOUND : JboxException.CANNOT_EXECUTE);
    }
}
