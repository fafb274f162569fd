package io.jbox.kernel;

import io.jbox.uapi.Constants;
import io.jbox.uapi.Syscall;
import java.util.Arrays;

/** A child that executes an {@link ElfImage} at once and shares nothing with this process but a few descriptors. */
public final class SpawnedImage {
    private static final int CANNOT_EXECUTE = 127;
    private static final long HIGHEST = 0xffff_ffffL;

    private final Kernel kernel;
    private final int pid;

    private SpawnedImage(Kernel kernel, int pid) {
        this.kernel = kernel;
        this.pid = pid;
    }

    /**
     * Starts it with all signals blocked: setting a terminal from the background would stop it otherwise (SIGTTOU).
     *
     * @param name its only argument
     * @param kept a descriptor that is inherited anyway; the image knows both by their numbers
     * @param given another one, which is inherited by this child only
     */
    public static SpawnedImage start(Kernel kernel, Fd image, String name, Fd kept, Fd given) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long all = program.words(-1L);
            long saved = program.words(0);
            long pid = program.words(0);
            long flags = Constants.CLONE_VM
                    | Constants.CLONE_VFORK
                    | Constants.CLONE_PARENT_SETTID
                    | Constants.CLONE_CLEAR_SIGHAND;
            long clone = program.words(flags, 0, 0, pid, Constants.SIGCHLD, 0, 0, 0, 0, 0, 0);
            Op block = program.op(Syscall.RT_SIGPROCMASK, Constants.SIG_SETMASK, all, saved, Long.BYTES);
            Op make = program.op(Syscall.CLONE3, clone, 11 * Long.BYTES);
            program.op(Syscall.RT_SIGPROCMASK, Constants.SIG_SETMASK, saved, 0, Long.BYTES)
                    .next(0);
            long words = program.words(program.text(name), 0);
            make.onZero(program.next());
            closeOthers(program, kept.number(), given.number(), image.number());
            program.op(Syscall.FCNTL, given.number(), Constants.F_SETFD, 0);
            program.op(
                    Syscall.EXECVEAT,
                    image.number(),
                    program.text(""),
                    words,
                    program.words(0),
                    Constants.AT_EMPTY_PATH);
            program.op(Syscall.EXIT_GROUP, CANNOT_EXECUTE);
            // CLONE_VFORK: this thread continues when the child has separate memory.
            kernel.walk(block.address());
            return new SpawnedImage(kernel, program.readInt(pid));
        }
    }

    private static void closeOthers(Program program, int... kept) {
        Arrays.sort(kept);
        int from = 0;
        for (int number : kept) {
            if (number > from) {
                program.op(Syscall.CLOSE_RANGE, from, number - 1, 0);
            }
            from = number + 1;
        }
        program.op(Syscall.CLOSE_RANGE, from, HIGHEST, 0);
    }

    /** Waits for its end. */
    public void await() {
        if (pid == 0) {
            // There was no memory for a child, and 0 would stand for any other.
            return;
        }
        try {
            Calls.make(kernel, Syscall.WAIT4, pid, 0, Constants.__WALL, 0);
        } catch (KernelException e) {
            throw e.about("wait4");
        }
    }
}
