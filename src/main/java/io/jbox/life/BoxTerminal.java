package io.jbox.life;

import io.jbox.host.OpenFile;
import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Errno;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.plan.Descriptors;
import io.jbox.problem.JboxException;
import io.jbox.program.Descriptor;
import java.util.Map;

/**
 * A pseudo terminal for a command in a box: never the caller's own, into which the box could type (TIOCSTI).
 *
 * <p>It is one of the box's own devpts where that is what the box's /dev/pts/ptmx truly is, so that ttyname(3) works in
 * there; else one of the host's.
 */
final class BoxTerminal {
    private static final int TTYAUX_MAJOR = 5;
    private static final int PTMX_MINOR = 2;
    private static final int STATFS_SIZE = 120;
    private static final int TERMINAL_MODE = 0620;

    private final Kernel kernel;
    private final String box;

    BoxTerminal(Kernel kernel, String box) {
        this.kernel = kernel;
        this.box = box;
    }

    /**
     * @param root descriptor of the box's root
     * @param group the host's number of the box's group of terminals
     * @param owner the host's number of the user whose terminal it is to be; only root may give it away
     * @param given receives MASTER and CONSOLE
     */
    void open(int root, long owner, long group, Map<Descriptor, Integer> given) {
        int master = openMaster(root);
        given.put(Descriptors.MASTER, master);
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            Op unlock = program.op(Syscall.IOCTL, master, Constants.TIOCSPTLCK, program.words(0));
            Op peer = program.op(
                            Syscall.IOCTL,
                            master,
                            Constants.TIOCGPTPEER,
                            Constants.O_RDWR | Constants.O_NOCTTY | Constants.O_CLOEXEC)
                    .next(0);
            kernel.walk(unlock.address());
            check(peer.result());
            given.put(Descriptors.CONSOLE, (int) peer.result());
            // One of the box's own has that group already.
            if (kernel.call(Syscall.FCHOWN, peer.result(), owner, group) == 0) {
                kernel.call(Syscall.FCHMOD, peer.result(), TERMINAL_MODE);
            }
        }
    }

    private int openMaster(int root) {
        long flags = Constants.O_RDWR | Constants.O_NOCTTY | Constants.O_NONBLOCK | Constants.O_CLOEXEC;
        int place = OpenFile.inRoot(kernel, root, "dev/pts/ptmx", Constants.O_PATH | Constants.O_CLOEXEC);
        if (place >= 0) {
            try {
                int master = isMultiplexer(place)
                        ? OpenFile.at(kernel, Constants.AT_FDCWD, "/proc/self/fd/" + place, flags)
                        : -1;
                if (master >= 0) {
                    return master;
                }
            } finally {
                kernel.call(Syscall.CLOSE, place);
            }
        }
        return (int) check(OpenFile.at(kernel, Constants.AT_FDCWD, "/dev/ptmx", flags));
    }

    private long check(long result) {
        if (result < 0) {
            throw new JboxException(box + ": no terminal for the command: " + Errno.describe((int) -result));
        }
        return result;
    }

    /** Whether it is the real one, on a real devpts: the box could put anything else there. */
    private boolean isMultiplexer(int place) {
        FileStatus status = FileStatus.of(kernel, place);
        if (status == null || !status.isCharacterDevice(TTYAUX_MAJOR, PTMX_MINOR)) {
            return false;
        }
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long statfs = program.space(STATFS_SIZE);
            Op op = program.op(Syscall.FSTATFS, place, statfs).next(0);
            kernel.walk(op.address());
            return op.result() == 0 && program.readLong(statfs) == Constants.DEVPTS_SUPER_MAGIC;
        }
    }
}
