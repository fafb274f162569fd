package io.jbox.state;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.problem.JboxException;
import java.util.Arrays;

/** Files that are replaced as a whole: whoever reads one sees the old or the new. */
public final class ReplacedFile {
    private static final int OWNERS = 0600;
    /** How much is written at once: a program's memory is small. */
    private static final int PIECE = 128 * 1024;

    private ReplacedFile() {}

    /**
     * Writes a file of mode 0600.
     *
     * @param aside the name that it has until it is whole
     * @param sync whether it is on the disk when this returns
     */
    public static void write(Kernel kernel, String aside, String file, byte[] bytes, boolean sync) {
        write(kernel, aside, file, bytes, sync, OWNERS);
    }

    /** The same for a file that another user's program reads, of mode 0644. */
    public static void writeReadable(Kernel kernel, String aside, String file, byte[] bytes) {
        write(kernel, aside, file, bytes, false, 0644);
    }

    /** The same for a program, of mode 0700 and on the disk. */
    public static void writeExecutable(Kernel kernel, String aside, String file, byte[] bytes) {
        write(kernel, aside, file, bytes, true, 0700);
    }

    private static void write(Kernel kernel, String aside, String file, byte[] bytes, boolean sync, int mode) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long name = program.text(aside);
            long flags = Constants.O_WRONLY | Constants.O_CREAT | Constants.O_TRUNC | Constants.O_CLOEXEC;
            Op open = program.op(Syscall.OPENAT, Constants.AT_FDCWD, name, flags, mode);
            int number = (int) walk(kernel, open, file);
            try {
                if (mode != OWNERS) {
                    // The umask may have taken some of it.
                    walk(kernel, program.op(Syscall.FCHMOD, number, mode), file);
                }
                long buffer = program.space(Math.min(PIECE, bytes.length));
                for (int at = 0; at < bytes.length; at += PIECE) {
                    int length = Math.min(PIECE, bytes.length - at);
                    program.write(buffer, Arrays.copyOfRange(bytes, at, at + length), length);
                    if (walk(kernel, program.op(Syscall.WRITE, number, buffer, length), file) < length) {
                        throw new JboxException("state file " + file + ": " + Errno.describe(Errno.ENOSPC));
                    }
                }
                if (sync) {
                    walk(kernel, program.op(Syscall.FSYNC, number), file);
                }
            } finally {
                kernel.call(Syscall.CLOSE, number);
            }
            walk(
                    kernel,
                    program.op(Syscall.RENAMEAT2, Constants.AT_FDCWD, name, Constants.AT_FDCWD, program.text(file), 0),
                    file);
        }
    }

    private static long walk(Kernel kernel, Op op, String file) {
        kernel.walk(op.next(0).address());
        if (op.result() < 0) {
            throw new JboxException("state file " + file + ": " + Errno.describe((int) -op.result()));
        }
        return op.result();
    }
}
