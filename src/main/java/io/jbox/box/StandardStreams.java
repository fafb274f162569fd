package io.jbox.box;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.plan.Descriptors;
import io.jbox.plan.Launch;
import io.jbox.problem.JboxException;
import java.util.ArrayList;
import java.util.List;

/**
 * The caller's standard input, output and error on their way into a box.
 *
 * <p>A descriptor is more than its bytes: through /proc/self/fd a program opens the file behind it anew, for writing
 * too, and changes its mode and owner. So only pipes go in as they are.
 */
public final class StandardStreams {
    private static final int STATX_TYPE_AND_MODE = 3;
    private static final int STATX_SIZE = 256;
    private static final int STX_MODE = 28;
    private static final int STX_RDEV_MAJOR = 128;
    private static final int S_IFMT = 0xf000;
    private static final int S_IFIFO = 0x1000;
    private static final int MEMORY_DEVICES = 1;
    private static final int NULL_DEVICE = 3;

    private StandardStreams() {}

    /**
     * What each of them is to become.
     *
     * @param console whether all of them are to be the box's console
     * @throws JboxException if one of them is a folder
     */
    public static List<Launch.Stream> of(Kernel kernel, boolean console) {
        Terminal input = new Terminal(kernel, 0);
        boolean foreground = input.isForeground();
        boolean interactive = foreground && new Terminal(kernel, 1).exists();
        List<Launch.Stream> streams = new ArrayList<>();
        for (int standard = 0; standard <= 2; standard++) {
            if (console) {
                streams.add(Launch.Stream.CONSOLE);
            } else if (!new Terminal(kernel, standard).exists()) {
                streams.add(of(kernel, standard));
            } else if (interactive) {
                streams.add(Launch.Stream.CONSOLE);
            } else {
                // The terminal stays as it is, its keys are the caller's: jbox is one of several in a pipeline, or in
                // the background, where who reads from the terminal is stopped.
                streams.add(standard == 0 && !foreground ? Launch.Stream.NULL : Launch.Stream.PIPE);
            }
        }
        return streams;
    }

    private static Launch.Stream of(Kernel kernel, int descriptor) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long statx = program.space(STATX_SIZE);
            Op op = program.op(
                            Syscall.STATX,
                            descriptor,
                            program.text(""),
                            Constants.AT_EMPTY_PATH,
                            STATX_TYPE_AND_MODE,
                            statx)
                    .next(0);
            kernel.walk(op.address());
            if (op.result() < 0) {
                return Launch.Stream.NULL;
            }
            int type = program.readInt(statx + STX_MODE) & S_IFMT;
            if (type == Constants.S_IFDIR) {
                throw new JboxException("descriptor " + descriptor + " is a folder", "a box does not get it");
            }
            boolean isNull = type == Constants.S_IFCHR
                    && program.readInt(statx + STX_RDEV_MAJOR) == MEMORY_DEVICES
                    && program.readInt(statx + STX_RDEV_MAJOR + Integer.BYTES) == NULL_DEVICE;
            if (isNull) {
                return Launch.Stream.NULL;
            }
            // A socket stays one of the network that it was made in, and interfaces can be changed through it.
            return type == S_IFIFO ? Launch.Stream.AS_IS : Launch.Stream.PIPE;
        }
    }

    /**
     * Carries the bytes of those that became pipes.
     *
     * @param untilExit whether output that comes after the process's end is lost, and not waited for
     * @return those of output and error: they end when nobody in the box can write any more
     */
    public static List<PipeRelay> relay(Kernel kernel, BoxProcess box, List<Launch.Stream> streams, boolean untilExit) {
        List<PipeRelay> outputs = new ArrayList<>();
        int until = untilExit ? box.pidfd() : -1;
        for (int standard = 0; standard < streams.size(); standard++) {
            if (streams.get(standard) != Launch.Stream.PIPE) {
                continue;
            }
            int outside = box.take(Descriptors.pipeOutside(standard));
            PipeRelay relay = standard == 0
                    ? new PipeRelay(kernel, 0, outside, outside, -1)
                    : new PipeRelay(kernel, outside, standard, outside, until);
            relay.setDaemon(true);
            relay.start();
            if (standard != 0) {
                outputs.add(relay);
            }
        }
        return outputs;
    }
}
