package io.jbox.terminal;

import io.jbox.facts.Launch;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileCalls;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.NativeKernel;
import io.jbox.launch.BoxProcess;
import io.jbox.problem.JboxException;
import io.jbox.program.Descriptor;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Connects the caller's standard input, output and error to a box.
 *
 * <p>A descriptor is more than its bytes: through /proc/self/fd a program can reopen the file behind it, for writing
 * too, and change its mode and owner; it can change a pipe's flags and size, and keep it open. So none of them is
 * passed on: the bytes go through separate pipes that belong to the program's user.
 */
public final class StandardStreams {
    private static final int MEMORY_DEVICES = 1;
    private static final int NULL_DEVICE = 3;

    private final Kernel kernel;
    private final BoxProcess box;
    private final boolean untilExit;
    private final List<PipeRelay> outputs = new ArrayList<>();
    private @Nullable InputRelay input;

    /** @param untilExit whether output after the process's end is discarded rather than waited for */
    StandardStreams(Kernel kernel, BoxProcess box, boolean untilExit) {
        this.kernel = kernel;
        this.box = box;
        this.untilExit = untilExit;
    }

    /**
     * Chooses what each of them becomes.
     *
     * @param console whether all of them become the box's console
     * @throws JboxException if one of them is a folder
     */
    public static List<Launch.Stream> ofCaller(boolean console) {
        Kernel kernel = NativeKernel.open();
        Terminal input = new Terminal(kernel, 0);
        boolean foreground = input.isForeground();
        List<Launch.Stream> streams = new ArrayList<>();
        for (int standard = 0; standard <= 2; standard++) {
            if (console) {
                streams.add(Launch.Stream.CONSOLE);
            } else if (!new Terminal(kernel, standard).exists()) {
                streams.add(of(Fd.borrowed(kernel, standard)));
            } else if (foreground) {
                streams.add(Launch.Stream.CONSOLE);
            } else {
                // The terminal is left unchanged, its keys are the caller's: jbox is in a pipeline, or in the
                // background, where reading from the terminal stops a process.
                streams.add(standard == 0 ? Launch.Stream.NULL : Launch.Stream.PIPE);
            }
        }
        boolean pipes = streams.get(1) == Launch.Stream.PIPE && streams.get(2) == Launch.Stream.PIPE;
        if (pipes && isSame(kernel)) {
            streams.set(2, Launch.Stream.SAME);
        }
        return streams;
    }

    /** Says that output could not be written. */
    public static JboxException notWritten(String descriptor, int errno) {
        return new JboxException("descriptor " + descriptor + ": write: " + Errno.describe(errno));
    }

    private static boolean isSame(Kernel kernel) {
        FileStatus output = FileStatus.of(Fd.borrowed(kernel, 1));
        FileStatus error = FileStatus.of(Fd.borrowed(kernel, 2));
        return output != null && error != null && output.isSameAs(error);
    }

    private static Launch.Stream of(Fd descriptor) {
        FileStatus status = FileStatus.of(descriptor);
        if (status == null || status.isCharacterDevice(MEMORY_DEVICES, NULL_DEVICE)) {
            // Writing to a descriptor that was closed is an error, as it would be without a box.
            return descriptor.number() != 0 && isReadOnly(descriptor) ? Launch.Stream.PIPE : Launch.Stream.NULL;
        }
        if (status.type() == Constants.S_IFDIR) {
            throw new JboxException(descriptor + " is a folder", "it is not passed on to a box");
        }
        // A socket belongs to the network in which it was made, and could be used to change interfaces there.
        return Launch.Stream.PIPE;
    }

    private static boolean isReadOnly(Fd descriptor) {
        try {
            return (FileCalls.flags(descriptor) & Constants.O_ACCMODE) == 0;
        } catch (KernelException e) {
            return false;
        }
    }

    /** Starts copying one of the streams that became pipes. */
    void carry(int standard, Descriptor pipe) {
        Fd outside = box.take(pipe);
        Thread relay;
        if (standard == 0) {
            relay = input = new InputRelay(kernel, outside, box.pidfd());
        } else {
            PipeRelay output =
                    new PipeRelay(kernel, outside, Fd.borrowed(kernel, standard), untilExit ? box.pidfd() : null);
            outputs.add(output);
            relay = output;
        }
        relay.setDaemon(true);
        relay.start();
    }

    /**
     * Waits, after the program has ended, until all its output is written and unread input is given back to the caller.
     *
     * @throws JboxException if some could not be written, unless the reader closed its end
     */
    public void finish() throws InterruptedException {
        for (PipeRelay output : outputs) {
            output.finish();
        }
        if (input != null) {
            input.join();
        }
    }
}
