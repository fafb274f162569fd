package io.jbox.box;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.ElfImage;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.plan.Actor;
import io.jbox.plan.Call;
import io.jbox.plan.Descriptor;
import io.jbox.plan.Descriptors;
import io.jbox.plan.Plan;
import io.jbox.plan.Step;
import io.jbox.problem.JboxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Starts commands in boxes that run. */
public final class JoinLauncher {
    private static final int SIZE = 128 * 1024;

    private final Kernel kernel;

    public JoinLauncher(Kernel kernel) {
        this.kernel = kernel;
    }

    /** What the caller does before the command's process goes on. */
    public interface Entrance {
        /** The process is there, and to be moved to the box's cgroup; it has done nothing yet. */
        void made(int command);
    }

    /**
     * Returns when the command runs. It dies with the calling thread.
     *
     * @param given descriptors to go by and to take over: TARGET, and MASTER and CONSOLE where there is a terminal
     * @throws JboxException if any step fails; with the codes of a shell where it is the command's execution
     */
    public BoxProcess launch(Plan plan, Map<Descriptor, Integer> given, Entrance entrance) {
        StepRunner runner = new StepRunner(kernel, plan.box());
        runner.open().putAll(given);
        try {
            return launch(plan, runner, entrance);
        } catch (RuntimeException | Error e) {
            runner.undo();
            throw e;
        }
    }

    private BoxProcess launch(Plan plan, StepRunner runner, Entrance entrance) {
        List<Step> own = plan.steps(Actor.JBOX);
        int cloneIndex = CloneFrame.indexOfClone(own);
        for (Step step : own.subList(0, cloneIndex)) {
            runner.run(step, 0);
        }
        Image image = new Image(plan, runner.open());
        runner.open().put(Descriptors.IMAGE, image.create());
        try (Arena arena = kernel.arena()) {
            Map<Descriptor, Integer> open = new HashMap<>(runner.open());
            ArgumentWriter arguments = new ArgumentWriter(arena.program(), open, 0);
            CloneFrame frame = new CloneFrame(kernel, plan.box(), own.get(cloneIndex));
            List<Step> become = plan.steps(Actor.JOINER).subList(0, 1);
            Assembler assembler = frame.assemble(arena.program(), become, open, arguments);
            frame.walk();
            int pid = arena.program().readInt(arguments.cell("child-pid", Long.BYTES));
            int pidfd = arena.program().readInt(arguments.cell("child-pidfd", Long.BYTES));
            BoxProcess joiner = new BoxProcess(kernel, pid, pidfd);
            try {
                runner.close(Descriptors.SYNC);
                runner.close(Descriptors.EXEC);
                runner.close(Descriptors.STATUS);
                int exec = runner.number(Descriptors.EXEC_READ);
                int command = readPid(plan, assembler, image, exec);
                // It waits for us, so its id is nobody else's.
                int commandPidfd = (int) kernel.call(Syscall.PIDFD_OPEN, command, 0);
                joiner.watch(command, commandPidfd);
                entrance.made(command);
                runner.release();
                byte[] report = ExecPipe.readAll(kernel, exec);
                if (report.length > 0) {
                    throw CommandProgram.failure(plan.steps(Actor.COMMAND), plan.box(), report);
                }
                joiner.adopt(runner.open());
                return joiner;
            } catch (RuntimeException | Error e) {
                joiner.abandon();
                joiner.close();
                throw e;
            }
        }
    }

    /** The exec pipe's first message: the command's process id, or the ops of a joiner that failed. */
    private int readPid(Plan plan, Assembler become, Image image, int exec) {
        byte[] message = ExecPipe.read(kernel, exec, Integer.BYTES);
        int pid = message.length == Integer.BYTES
                ? ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).getInt()
                : 0;
        if (pid > 0) {
            return pid;
        }
        JboxException failure = become.findFailure(plan.box());
        if (failure != null) {
            throw failure;
        }
        throw image.failure(message, ExecPipe.readAll(kernel, exec));
    }

    /** The program that joins, and the command's. */
    private final class Image {
        private final Plan plan;
        private final ByteBuffer memory;
        private final Program program;
        private final Assembler joins;
        private final Op clone;
        private final Step cloneStep;
        private final int joinerLength;
        private final long first;

        Image(Plan plan, Map<Descriptor, Integer> numbers) {
            this.plan = plan;
            this.memory =
                    ByteBuffer.allocate(ProgramSize.of(plan.steps(), SIZE)).order(ByteOrder.LITTLE_ENDIAN);
            this.program = new Program(kernel.processor(), memory, ElfImage.DATA_ADDRESS);
            Map<Descriptor, Integer> open = new HashMap<>(numbers);
            int exec = StepRunner.number(open, Descriptors.EXEC);
            // The report begins with a zero where the process id would be.
            Op mark = program.op(Syscall.WRITE, exec, program.words(0), Integer.BYTES);
            Op report = program.op(Syscall.WRITE, exec, ElfImage.DATA_ADDRESS, 0);
            program.op(Syscall.EXIT_GROUP, 127);
            first = program.next();
            program.op(Syscall.CLOSE_RANGE, 3, 0xffff_ffffL, Constants.CLOSE_RANGE_CLOEXEC);
            ArgumentWriter arguments = new ArgumentWriter(program, open, 0);
            joins = new Assembler(program, open, arguments, mark.address());
            List<Step> joiner = plan.steps(Actor.JOINER);
            int last = joiner.size() - 1;
            joins.add(joiner.subList(1, last));
            cloneStep = joiner.get(last);
            clone = program.op(Syscall.CLONE3).onNegative(mark.address());
            Call call = cloneStep.calls().get(0);
            for (int i = 0; i < call.arguments().size(); i++) {
                arguments.write(clone, i, call.arguments().get(i));
            }
            Op waitCommand = superviseCommand(StepRunner.number(open, Descriptors.STATUS), exec);
            arguments.aim("child-pid", waitCommand.argumentAddress(0));
            joinerLength = program.opsLength();
            report.argument(2, joinerLength);
            // The command's process tells its pid itself, so that nothing of it can come before that.
            Op tell = program.op(Syscall.WRITE, exec, waitCommand.argumentAddress(0), Integer.BYTES);
            clone.onZero(tell.address());
            tell.next(CommandProgram.add(program, plan.steps(Actor.COMMAND), numbers, exec));
        }

        /**
         * The joiner's life as the command's parent. Whoever the command makes its own siblings (CLONE_PARENT) is waited
         * for as well; both waits write the same word, so that it holds the command's status whichever gets it.
         *
         * @return the op whose first argument is the command's process id
         */
        private Op superviseCommand(int status, int exec) {
            long word = program.words(0);
            program.op(Syscall.CLOSE_RANGE, 0, 2, 0);
            program.op(Syscall.CLOSE, exec);
            Op any = program.op(Syscall.WAIT4, -1, word, Constants.__WALL, 0);
            Op command = program.op(Syscall.WAIT4, 0, word, Constants.WNOHANG | Constants.__WALL, 0)
                    .onZero(any.address());
            Op finish = program.op(Syscall.WRITE, status, word, Integer.BYTES);
            program.op(Syscall.EXIT_GROUP, 0);
            any.onNegative(finish.address());
            return command;
        }

        int create() {
            return ElfImage.create(kernel, "jbox-exec", memory, program, first);
        }

        /** What went wrong, of the joiner's ops with their results. */
        JboxException failure(byte[] mark, byte[] report) {
            if (mark.length < Integer.BYTES || report.length < joinerLength) {
                return new JboxException(plan.box() + ": the process that joins the box was killed");
            }
            memory.put(0, report, 0, joinerLength);
            JboxException failure = joins.findFailure(plan.box());
            return failure != null
                    ? failure
                    : new JboxException(Assembler.problem(
                            plan.box(), cloneStep, cloneStep.calls().get(0), Math.min(-1, clone.result())));
        }
    }
}
