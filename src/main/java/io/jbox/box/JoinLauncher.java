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
    private static final int SIZE = 256 * 1024;

    private final Kernel kernel;

    public JoinLauncher(Kernel kernel) {
        this.kernel = kernel;
    }

    /** What the caller does before the box is joined. */
    public interface Entrance {
        /** The process is to be moved to the box's cgroup. */
        void made(int joiner);
    }

    /**
     * Returns when the command runs. It is a child of this process, and dies with the calling thread.
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
            byte[] report;
            try (BoxProcess joiner = new BoxProcess(kernel, pid, pidfd)) {
                try {
                    runner.close(Descriptors.SYNC);
                    runner.close(Descriptors.EXEC);
                    entrance.made(pid);
                    release(runner.number(Descriptors.SYNC_WRITE));
                    report = ExecPipe.readAll(kernel, runner.number(Descriptors.EXEC_READ));
                } catch (RuntimeException | Error e) {
                    joiner.kill();
                    throw e;
                } finally {
                    joiner.waitFor();
                }
            }
            JboxException failure = assembler.findFailure(plan.box());
            if (failure != null) {
                throw failure;
            }
            return image.process(report, runner);
        }
    }

    private void release(int sync) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            kernel.walk(program.op(Syscall.WRITE, sync, program.text("1"), 1)
                    .next(0)
                    .address());
        }
    }

    /** The program that joins, and the command's. */
    private final class Image {
        private final Plan plan;
        private final ByteBuffer memory = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
        private final Program program = new Program(kernel.processor(), memory, ElfImage.DATA_ADDRESS);
        private final Assembler joins;
        private final Op clone;
        private final Step cloneStep;
        private final int joinerLength;
        private final long first;

        Image(Plan plan, Map<Descriptor, Integer> numbers) {
            this.plan = plan;
            Map<Descriptor, Integer> open = new HashMap<>(numbers);
            int exec = StepRunner.number(open, Descriptors.EXEC);
            Op report = program.op(Syscall.WRITE, exec, ElfImage.DATA_ADDRESS, 0);
            program.op(Syscall.EXIT_GROUP, 127);
            first = program.next();
            program.op(Syscall.CLOSE_RANGE, 3, 0xffff_ffffL, Constants.CLOSE_RANGE_CLOEXEC);
            ArgumentWriter arguments = new ArgumentWriter(program, open, 0);
            joins = new Assembler(program, open, arguments, report.address());
            List<Step> joiner = plan.steps(Actor.JOINER);
            joins.add(joiner.subList(1, 2));
            cloneStep = joiner.get(2);
            clone = program.op(Syscall.CLONE3).onNegative(report.address());
            Call call = cloneStep.calls().get(0);
            for (int i = 0; i < call.arguments().size(); i++) {
                arguments.write(clone, i, call.arguments().get(i));
            }
            long pid = program.words(0);
            arguments.aim("child-pid", pid);
            program.op(Syscall.EXIT_GROUP, 0);
            joinerLength = program.opsLength();
            report.argument(2, joinerLength);
            // The command's process tells its pid itself, so that nothing of it can come before that.
            Op tell = program.op(Syscall.WRITE, exec, pid, Integer.BYTES);
            clone.onZero(tell.address());
            tell.next(CommandProgram.add(program, plan.steps(Actor.COMMAND), numbers, exec));
        }

        int create() {
            return ElfImage.create(kernel, "jbox-exec", memory, program, first);
        }

        /** The command, if the report says that it runs. */
        BoxProcess process(byte[] report, StepRunner runner) {
            if (report.length >= joinerLength && report.length % Op.SIZE == 0) {
                memory.put(0, report, 0, joinerLength);
                JboxException failure = joins.findFailure(plan.box());
                if (failure != null) {
                    throw failure;
                }
                throw new JboxException(Assembler.problem(
                        plan.box(), cloneStep, cloneStep.calls().get(0), Math.min(-1, clone.result())));
            }
            if (report.length < Integer.BYTES) {
                throw new JboxException(plan.box() + ": the process that joins the box was killed");
            }
            ByteBuffer message = ByteBuffer.wrap(report).order(ByteOrder.LITTLE_ENDIAN);
            int pid = message.getInt();
            BoxProcess process = new BoxProcess(kernel, pid, (int) kernel.call(Syscall.PIDFD_OPEN, pid, 0));
            if (report.length > Integer.BYTES) {
                process.waitFor();
                process.close();
                byte[] results = new byte[message.remaining()];
                message.get(results);
                throw CommandProgram.failure(plan.steps(Actor.COMMAND), plan.box(), results);
            }
            process.adopt(runner.open());
            return process;
        }
    }
}
