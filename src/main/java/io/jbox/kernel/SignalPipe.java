package io.jbox.kernel;

import io.jbox.problem.JboxException;
import io.jbox.uapi.Processor;
import io.jbox.uapi.Syscall;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Delivers signals to this process as numbers to read: a JVM lets a program handle only some of them, and none of the
 * real-time ones. The handler is a few machine instructions that write the number to a pipe.
 */
public final class SignalPipe {
    private static final long DEFAULT = 0; // SIG_DFL
    private static final long IGNORED = 1; // SIG_IGN
    /** SIGILL, SIGBUS, SIGFPE and SIGSEGV, which the JVM handles. */
    private static final List<Integer> FAULTS = List.of(4, 7, 8, 11);

    private static final long SA_RESTORER = 0x0400_0000L;
    private static final long SA_ONSTACK = 0x0800_0000L;
    private static final long SA_RESTART = 0x1000_0000L;
    /** The size of the kernel's signal set in bytes. */
    private static final int SIGNAL_SET = 8;

    private final Fd read;

    private SignalPipe(Fd read) {
        this.read = read;
    }

    /**
     * Catches signals from now on, except those that this process's caller ignores.
     *
     * @param numbers of the signals
     * @throws JboxException if the kernel refuses
     */
    public static SignalPipe open(NativeKernel kernel, List<Integer> numbers) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            Pipe pipe = Pipe.open(kernel, 0);
            // A handler must never block: it may have interrupted the thread that reads.
            pipe.write().setNonBlocking();
            // Stays open for good: a handler is never taken away.
            int write = pipe.write().number();
            byte[] code = SignalHandler.code(kernel.processor(), write);
            long handler = kernel.placeCode(code);
            long restorer = handler + SignalHandler.restorerOffset(kernel.processor());
            boolean restores = kernel.processor() == Processor.X86_64;
            long action = program.words(
                    handler, SA_ONSTACK | SA_RESTART | (restores ? SA_RESTORER : 0), restores ? restorer : 0, 0);
            long before = program.space(4 * Long.BYTES);
            Op look = program.op(Syscall.RT_SIGACTION, 0, 0, before, SIGNAL_SET).next(0);
            Op set = program.op(Syscall.RT_SIGACTION, 0, action, 0, SIGNAL_SET).next(0);
            for (int number : numbers) {
                look.argument(0, number);
                kernel.walk(look.address());
                long old = program.readLong(before);
                if (look.result() != 0 || old == IGNORED) {
                    continue;
                }
                boolean faults = FAULTS.contains(number) && old != DEFAULT;
                if (faults) {
                    // With the flags, mask and way back that the JVM's own has.
                    program.writeLong(before, kernel.placeCode(SignalHandler.code(kernel.processor(), write, old)));
                }
                set.argument(0, number).argument(1, faults ? before : action);
                kernel.walk(set.address());
            }
            return new SignalPipe(pipe.read());
        } catch (KernelException e) {
            throw e.about("pipe for signals");
        }
    }

    /** Waits for the next signal; returns its number, or 0 if no more will come. */
    public int next() {
        try {
            byte[] number = FileCalls.read(read, Integer.BYTES);
            return number.length == Integer.BYTES
                    ? ByteBuffer.wrap(number).order(ByteOrder.LITTLE_ENDIAN).getInt()
                    : 0;
        } catch (KernelException e) {
            return 0;
        }
    }
}
