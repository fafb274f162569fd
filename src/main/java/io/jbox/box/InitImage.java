package io.jbox.box;

import io.jbox.kernel.Constants;
import io.jbox.kernel.ElfImage;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.plan.Step;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;

/**
 * PID 1 of {@code jbox run}: a program that starts the command, forwards signals to it, reaps orphans and passes its
 * wait status on.
 *
 * <pre>
 *        signalfd (all), clone ──►  command: setsid, …, execve; if that fails: results → exec pipe
 *                                   (what fails in PID 1 itself: one result)
 *  poll: ppoll(signalfd)
 *  take: a signal but SIGCHLD?  ──yes──► kill(command)            ─► take
 *        take a SIGCHLD, if any
 *  reap: wait4(-1, &amp;status)      0 ─► poll    none left ─► finish
 *        wait4(command, &amp;status) 0 ─► reap    else ─► finish
 *  finish: status → status pipe, exit
 * </pre>
 *
 * <p>Both waits write the same word, so that it holds the command's status whichever of them gets it: after the first
 * one did, the second finds no such child.
 */
final class InitImage {
    /** The kernel itself takes no string of over 128 KiB (execve(2), MAX_ARG_STRLEN). */
    private static final int FIXED_SIZE = 64 * 1024;

    private static final long ALL_SIGNALS = ~(bit(9) | bit(19) | bit(11));

    private InitImage() {}

    private static long bit(int signal) {
        return 1L << signal - 1;
    }

    /**
     * @param command the step that the command's process takes
     * @param exec number of the exec pipe's descriptor in PID 1
     * @param status number of the status pipe's descriptor in PID 1
     * @return the descriptor of the image
     */
    static int create(Kernel kernel, Step command, int exec, int status) {
        ByteBuffer memory = ByteBuffer.allocate(ProgramSize.of(List.of(command), FIXED_SIZE))
                .order(ByteOrder.LITTLE_ENDIAN);
        Program program = new Program(kernel.processor(), memory, ElfImage.DATA_ADDRESS);
        long first = supervise(program, command, exec, status);
        return ElfImage.create(kernel, "jbox-init", memory, program, first);
    }

    private static long supervise(Program program, Step command, int exec, int status) {
        Op die = program.op(Syscall.EXIT_GROUP, 127);
        Op noSignals = program.op(Syscall.WRITE, exec, 0, Long.BYTES).next(die.address());
        Op noCommand = program.op(Syscall.WRITE, exec, 0, Long.BYTES).next(die.address());
        long pollfd = program.words(0);
        program.writeInt(pollfd + Integer.BYTES, Constants.POLLIN);
        long word = program.words(0);
        long now = program.words(0, 0);
        long all = program.words(ALL_SIGNALS);

        Op first = program.op(Syscall.PRCTL, Constants.PR_SET_DUMPABLE, 0);
        program.op(Syscall.PRCTL, Constants.PR_SET_NAME, program.text("jbox-init"));
        Op signals = program.op(Syscall.SIGNALFD4, -1, all, 8, Constants.SFD_CLOEXEC | Constants.SFD_NONBLOCK)
                .store(pollfd)
                .onNegative(noSignals.address());
        noSignals.argument(1, signals.resultAddress());
        // Not clone3, which a filter of system calls must refuse. The memory is not shared: each has its own result.
        Op clone = program.op(Syscall.CLONE, Constants.CLONE_PARENT_SETTID | Constants.SIGCHLD, 0)
                .onNegative(noCommand.address());
        noCommand.argument(1, clone.resultAddress());
        program.op(Syscall.CLOSE_RANGE, 0, 2, 0);
        program.op(Syscall.CLOSE, exec);
        Op poll = program.op(Syscall.PPOLL, pollfd, 1, 0, 0, 8);
        Op take = program.op(Syscall.RT_SIGTIMEDWAIT, program.words(ALL_SIGNALS & ~bit(17)), 0, now, 8);
        Op takeChild = program.op(Syscall.RT_SIGTIMEDWAIT, program.words(bit(17)), 0, now, 8);
        Op reap = program.op(Syscall.WAIT4, -1, word, Constants.WNOHANG, 0).onZero(poll.address());
        Op reapCommand =
                program.op(Syscall.WAIT4, 0, word, Constants.WNOHANG, 0).onZero(reap.address());
        Op finish = program.op(Syscall.WRITE, status, word, Integer.BYTES);
        program.op(Syscall.EXIT_GROUP, 0);
        // Its pid is nobody else's before it has been waited for, and then all is over.
        Op send = program.op(Syscall.KILL, 0, 0).next(take.address());
        take.store(send.argumentAddress(1)).onPositive(send.address());
        takeChild.next(reap.address());
        reap.onNegative(finish.address());

        clone.argument(2, reapCommand.argumentAddress(0)).store(send.argumentAddress(0));
        clone.onZero(CommandProgram.add(program, List.of(command), Map.of(), exec));
        return first.address();
    }
}
