package io.jbox.terminal;

import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.SignalPipe;
import io.jbox.uapi.Syscall;
import java.util.List;

/** Hands the signals of this process to a receiver, in a thread of its own. */
public final class SignalReader {
    private static volatile boolean started;

    private SignalReader() {}

    /** The receiver of the signals. */
    public interface Receiver {
        void received(int number);
    }

    /**
     * Catches signals from now on, except those that this process's caller ignores.
     *
     * @param thread its name
     * @param numbers of the signals
     * @throws io.jbox.problem.JboxException if the kernel refuses
     */
    public static void start(String thread, List<Integer> numbers, Receiver receiver) {
        started = true;
        SignalPipe pipe = SignalPipe.open(NativeKernel.open(), numbers);
        Thread reader = new Thread(thread) {
            @Override
            public void run() {
                for (int number = pipe.next(); number > 0; number = pipe.next()) {
                    receiver.received(number);
                }
            }
        };
        reader.setDaemon(true);
        reader.start();
    }

    /** Whether a thread may be waiting for a signal: an exiting JVM waits 300 ms for threads in a system call. */
    public static boolean isStarted() {
        return started;
    }

    /** Ends this process without the JVM, which would wait for a reader. */
    public static void endProcess(int code) {
        NativeKernel.open().call(Syscall.EXIT_GROUP, code);
    }
}
