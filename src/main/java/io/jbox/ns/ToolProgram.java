package io.jbox.ns;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.ElfImage;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The program that this process becomes. It is executed in place of the JVM, so that nothing but a few pages is left of
 * it: the same pid, parent, terminal, working directory and open files, and one thread, as unshare(2) and setns(2) want
 * it.
 *
 * <p>No Java is there any more to say what went wrong: each call that must succeed has ops behind it that write the error
 * to standard error ({@link Complaints}) and exit.
 */
final class ToolProgram {
    /** Which argument of {@link #ifNotZero} is the number. */
    static final int NUMBER = 1;

    /** The exit code of unshare and nsenter when they fail themselves. */
    static final int FAILED = 1;

    private static final int FIXED_SIZE = 192 * 1024;
    private static final int ALL_SIGNALS = 8;
    private static final int IOVEC = 16;
    private static final int STDERR = 2;
    private static final int AREA = 4096;
    /** What the kernel takes at most for one environment and all arguments, roughly. */
    private static final int SHOWN_ARGUMENTS = 64 * 1024;

    private final Kernel kernel;
    private final String tool;
    private final ByteBuffer memory;
    private final Program program;
    private final Complaints complaints;
    private final int scratch;
    private final List<Failure> failures = new ArrayList<>();
    private final long first;
    private long area;

    /** @param ends whether it ends the process */
    private record Failure(Op op, String subject, int kind, boolean ends) {}

    /**
     * @param tool its name, for errors and for ps
     * @param caller whose signal mask it is to have
     * @param texts bytes of all arguments and variables that {@link #execute} will be given
     * @param kept descriptors that are to stay open until the program is executed
     */
    ToolProgram(Kernel kernel, String tool, Caller caller, int texts, List<Integer> kept) {
        this.kernel = kernel;
        this.tool = tool;
        this.memory = ByteBuffer.allocate(FIXED_SIZE + texts).order(ByteOrder.LITTLE_ENDIAN);
        this.program = new Program(kernel.processor(), memory, ElfImage.DATA_ADDRESS);
        this.complaints = new Complaints(kernel);
        this.scratch = complaints.file();
        this.first = program.next();
        may(Syscall.PRCTL, Constants.PR_SET_NAME, program.text(tool));
        for (int signal = 1; signal <= Long.SIZE; signal++) {
            if (caller.ignores(signal)) {
                ignore(signal);
            }
        }
        restoreSignals(caller);
        if (caller.folder() >= 0) {
            may(Syscall.FCHDIR, caller.folder());
        }
        may(Syscall.FCNTL, scratch, Constants.F_SETFD, Constants.FD_CLOEXEC);
        if (caller.descriptors() != null) {
            closeAllBut(caller.descriptors(), kept);
        }
        for (int descriptor : kept) {
            kernel.call(Syscall.FCNTL, descriptor, Constants.F_SETFD, 0);
            may(Syscall.FCNTL, descriptor, Constants.F_SETFD, Constants.FD_CLOEXEC);
        }
    }

    /** For what this class has no word for. */
    Program program() {
        return program;
    }

    long text(String text) {
        return program.text(text);
    }

    /** A call whose failure ends the process, with a line that begins with the subject. */
    Op must(String subject, Syscall call, long... arguments) {
        return must(subject, Map.of(), call, arguments);
    }

    /** The same with an exit code of its own. */
    Op must(int exitCode, String subject, Map<Integer, String> hints, Syscall call, long... arguments) {
        Op op = program.op(call, arguments);
        failures.add(new Failure(op, subject, complaints.kind(exitCode, hints), true));
        return op;
    }

    /** @param hints by error number */
    Op must(String subject, Map<Integer, String> hints, Syscall call, long... arguments) {
        Op op = program.op(call, arguments);
        failures.add(new Failure(op, subject, complaints.kind(FAILED, hints), true));
        return op;
    }

    /** A call whose failure is said, and that is all. */
    void should(String subject, Syscall call, long... arguments) {
        failures.add(new Failure(program.op(call, arguments), subject, complaints.kind(FAILED, Map.of()), false));
    }

    /** A call whose failure is as good. */
    Op may(Syscall call, long... arguments) {
        return program.op(call, arguments);
    }

    /** Copies memory. */
    void copy(long from, long to, int bytes) {
        program.op(Syscall.PWRITE64, scratch, from, bytes, area);
        program.op(Syscall.PREAD64, scratch, to, bytes, area);
    }

    /**
     * An op that goes the zero way if a number is 0, and the positive way if not: a seek to it. Its {@link #NUMBER}th
     * argument is where the number belongs.
     */
    Op ifNotZero() {
        return program.op(Syscall.LSEEK, scratch, 0, Constants.SEEK_SET);
    }

    /** The same for a byte in memory. */
    Op ifByteNotZero(long address) {
        program.op(Syscall.PWRITE64, scratch, address, 1, area);
        Op read = program.op(Syscall.PREAD64, scratch, 0, 1, area);
        Op test = ifNotZero();
        read.argument(1, test.argumentAddress(NUMBER));
        return test;
    }

    /** Ends the process with a byte in memory as its exit code. */
    void exitWithByte(long address) {
        program.op(Syscall.PWRITE64, scratch, address, 1, area);
        Op read = program.op(Syscall.PREAD64, scratch, 0, 1, area);
        Op exit = exit(0);
        read.argument(1, exit.argumentAddress(0));
    }

    /** Ends the process. */
    Op exit(int code) {
        return program.op(Syscall.EXIT_GROUP, code);
    }

    /** Opens a file for writing and writes a text to it. */
    void writeFile(String path, String text, Map<Integer, String> hints) {
        String subject = "write \"" + text + "\" to " + path;
        Op open = must(
                subject,
                hints,
                Syscall.OPENAT,
                Constants.AT_FDCWD,
                text(path),
                Constants.O_WRONLY | Constants.O_CLOEXEC);
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        Op write = must(subject, hints, Syscall.WRITE, 0, program.bytes(bytes), bytes.length);
        open.store(write.argumentAddress(0));
    }

    /** What else is open is the JVM's. */
    private void closeAllBut(List<Integer> callers, List<Integer> kept) {
        List<Integer> open = new ArrayList<>(callers);
        open.addAll(kept);
        open.add(scratch);
        Collections.sort(open);
        int next = 0;
        for (int descriptor : open) {
            if (descriptor > next) {
                may(Syscall.CLOSE_RANGE, next, descriptor - 1, 0);
            }
            next = Math.max(next, descriptor + 1);
        }
        may(Syscall.CLOSE_RANGE, next, -1, 0);
    }

    /** Lets a signal do nothing, and forgets one that is pending. */
    void ignore(int signal) {
        may(Syscall.RT_SIGACTION, signal, program.words(Constants.SIG_IGN, 0, 0, 0), 0, ALL_SIGNALS);
    }

    /** Lets the process have the caller's signal mask. */
    void restoreSignals(Caller caller) {
        may(Syscall.RT_SIGPROCMASK, Constants.SIG_SETMASK, program.words(caller.blockedSignals()), 0, ALL_SIGNALS);
    }

    /**
     * Executes a program, looked for in the PATH of its environment as execvp(3) does; the shell without one.
     *
     * @param words empty for the shell
     */
    void execute(List<byte[]> words, List<byte[]> environment) {
        execute(words, environment, JboxException.CANNOT_EXECUTE);
    }

    /** @param exitCode if there is no such program, or it cannot be executed */
    void execute(List<byte[]> words, List<byte[]> environment, int exitCode) {
        new Execution(this, environment, exitCode).add(words);
    }

    /** What is added from now on is for another process, which copies memory through a part of the file of its own. */
    void otherProcess() {
        area += AREA;
    }

    /** Where in the file the process may write; there are 4096 bytes. */
    long area() {
        return area;
    }

    /** What {@link Execution} looks errors up in. */
    Complaints complaints() {
        return complaints;
    }

    /** The file that is memory to copy through. */
    int scratch() {
        return scratch;
    }

    /** Says what a negative result means and exits, by the op that is returned. Without an op the result is in the first bytes of the scratch. */
    Op complain(@Nullable Op op, String subject, int kind) {
        if (op != null) {
            op.onNegative(program.next());
            program.op(Syscall.PWRITE64, scratch, op.resultAddress(), Integer.BYTES, area);
        }
        byte[] prefix = ("jbox: " + tool + ": " + subject + ": ").getBytes(StandardCharsets.UTF_8);
        long text = program.space(Complaints.RECORD);
        long lines = program.words(program.bytes(prefix), prefix.length, text, 0, program.text("\n"), 1);
        Op offset = program.op(Syscall.PREAD64, scratch, 0, Integer.BYTES, area);
        Op look = program.op(Syscall.PREADV, scratch, 0, 3, Complaints.offset(kind), 0);
        offset.argument(1, look.argumentAddress(3) + 1);
        program.op(Syscall.WRITEV, STDERR, lines, 3);
        Op exit = program.op(Syscall.EXIT_GROUP, FAILED);
        look.argument(
                1, program.words(exit.argumentAddress(0), 1, lines + IOVEC + Long.BYTES, 1, text, Complaints.RECORD));
        return exit;
    }

    /**
     * Becomes the program.
     *
     * @param arguments as ps is to show them, the tool's name first
     * @throws JboxException if the kernel does not let it
     */
    JboxException become(List<byte[]> arguments) {
        finish();
        int image = ElfImage.create(kernel, tool, memory, program, first);
        try (Arena arena = kernel.arena()) {
            Program last = arena.program();
            List<Long> words = new ArrayList<>();
            int bytes = 0;
            for (byte[] argument : arguments) {
                bytes += argument.length + 2 * Long.BYTES;
                if (bytes > SHOWN_ARGUMENTS) {
                    break;
                }
                words.add(string(last, argument));
            }
            Op op = last.op(
                            Syscall.EXECVEAT,
                            image,
                            last.text(""),
                            array(last, words),
                            last.words(0),
                            Constants.AT_EMPTY_PATH)
                    .next(0);
            kernel.walk(op.address());
            String hint = op.result() == -Errno.EACCES ? "sysctl vm.memfd_noexec=2 forbids programs in memory" : null;
            return new JboxException(
                    List.of(new Problem(tool + ": execveat: " + Errno.describe((int) -op.result()), null, hint)),
                    FAILED);
        }
    }

    /** Puts everything together and forgets it, so that its classes are known. */
    void rehearse() {
        finish();
        kernel.call(Syscall.CLOSE, ElfImage.create(kernel, tool, memory, program, first));
        kernel.call(Syscall.CLOSE, scratch);
    }

    private void finish() {
        for (Failure failure : failures) {
            Op end = complain(failure.op, failure.subject, failure.kind);
            if (!failure.ends) {
                end.call(Syscall.GETPID.number(kernel.processor())).next(failure.op.address() + Op.SIZE);
            }
        }
        complaints.write();
    }

    static long string(Program program, byte[] bytes) {
        byte[] ended = Arrays.copyOf(bytes, bytes.length + 1);
        return program.bytes(ended);
    }

    static long array(Program program, List<Long> pointers) {
        long[] words = new long[pointers.size() + 1];
        for (int i = 0; i < pointers.size(); i++) {
            words[i] = pointers.get(i);
        }
        return program.words(words);
    }

    /** Bytes that a list of strings takes in a program. */
    static int size(List<byte[]> strings) {
        int size = 0;
        for (byte[] string : strings) {
            size += string.length + 3 * Long.BYTES;
        }
        return size;
    }
}
