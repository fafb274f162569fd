package io.jbox.box;

import io.jbox.kernel.Constants;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.plan.Descriptor;
import io.jbox.plan.Descriptors;
import java.util.Map;

/**
 * The monitor's second thread: what the box says on its console goes to a log of bounded size, so that the box never
 * waits for a reader.
 *
 * <pre>
 *  wait:  ppoll(master)
 *         flock(console.lock)            … waits while somebody is attached
 *         read(master) ── nothing ──► unlock; hung up? exit : wait
 *         write(log)
 *         lseek(log, size, SEEK_DATA) ── ENXIO, still small ──► unlock, wait
 *         empty the other log, let the two change names, go on with the other
 * </pre>
 *
 * <p>Both logs are open from the start and there is a loop for each: a full disk or folder cannot stop a rotation, and
 * there is a log at every moment.
 */
final class ConsoleProgram {
    private static final int BUFFER = 4096;
    private static final int RENAME_EXCHANGE = 2;

    private final Program program;
    private final Map<Descriptor, Integer> open;
    private final MonitorTasks tasks;
    private final long buffer;
    private final long pollIn;
    private final long pollHangUp;
    private final long now;

    ConsoleProgram(Program program, Map<Descriptor, Integer> open, MonitorTasks tasks) {
        this.program = program;
        this.open = open;
        this.tasks = tasks;
        this.buffer = program.space(BUFFER);
        long master = number(Descriptors.MASTER);
        this.pollIn = program.words(master | (long) Constants.POLLIN << 32);
        this.pollHangUp = program.words(master);
        this.now = program.words(0, 0);
    }

    private int number(Descriptor descriptor) {
        return StepRunner.number(open, descriptor);
    }

    /** Adds the thread's ops; returns the address of the first. */
    long add() {
        int log = number(Descriptors.CONSOLE_LOG);
        if (!open.containsKey(Descriptors.CONSOLE_LOG_OLD)) {
            Loop only = loop(log);
            only.full.onZero(program.next()).onPositive(program.next());
            program.op(Syscall.FTRUNCATE, log, 0).next(only.unlock);
            return only.first;
        }
        int other = number(Descriptors.CONSOLE_LOG_OLD);
        Loop first = loop(log);
        Loop second = loop(other);
        rotate(first, log, second, other);
        rotate(second, other, first, log);
        return first.first;
    }

    /**
     * The loop that writes to one of the logs.
     *
     * @param full has a result of zero or more when the log is full
     * @param unlock where to go on
     */
    private record Loop(long first, Op full, long unlock) {}

    private Loop loop(int log) {
        int lock = number(Descriptors.CONSOLE_LOCK);
        Op wait = program.op(Syscall.PPOLL, pollIn, 1, 0, 0, 8);
        program.op(Syscall.FLOCK, lock, Constants.LOCK_EX);
        Op read = program.op(Syscall.READ, number(Descriptors.MASTER), buffer, BUFFER);
        Op write = program.op(Syscall.WRITE, log, buffer, 0);
        read.store(write.argumentAddress(2));
        Op full = program.op(Syscall.LSEEK, log, tasks.logSize(), Constants.SEEK_DATA);
        Op unlock = program.op(Syscall.FLOCK, lock, Constants.LOCK_UN).next(wait.address());
        full.onNegative(unlock.address());
        Op unlockIdle = program.op(Syscall.FLOCK, lock, Constants.LOCK_UN);
        read.onNegative(unlockIdle.address()).onZero(unlockIdle.address());
        program.op(Syscall.PPOLL, pollHangUp, 1, now, 0, 8)
                .onZero(wait.address())
                .onNegative(wait.address());
        program.op(Syscall.EXIT, 0);
        return new Loop(wait.address(), full, unlock.address());
    }

    private void rotate(Loop from, int log, Loop to, int other) {
        long name = program.text(tasks.logName());
        long oldName = program.text(tasks.logName() + ".1");
        int folder = number(Descriptors.LOG_FOLDER);
        Op empty = program.op(Syscall.FTRUNCATE, other, 0);
        from.full.onZero(empty.address()).onPositive(empty.address());
        Op exchange = program.op(Syscall.RENAMEAT2, folder, name, folder, oldName, RENAME_EXCHANGE);
        exchange.next(to.unlock);
        // Somebody took one of them away: at least it does not grow.
        Op truncate = program.op(Syscall.FTRUNCATE, log, 0).next(from.unlock);
        exchange.onNegative(truncate.address());
    }
}
