package io.jbox.life;

import io.jbox.facts.KnownTerminal;
import io.jbox.host.OpenFile;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileCalls;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Ioctl;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.PathCalls;
import io.jbox.number.HostGid;
import io.jbox.number.HostUid;
import io.jbox.plan.Descriptors;
import io.jbox.program.Descriptor;
import io.jbox.terminal.Terminal;
import io.jbox.uapi.Constants;
import java.util.Map;

/**
 * A pseudo terminal for a command in a box. It is never the caller's terminal, since the box could push input into that
 * (TIOCSTI).
 *
 * <p>It is opened in the box's own devpts if the box's /dev/pts/ptmx really belongs to one, so that ttyname(3) works in
 * the box; otherwise in the host's devpts.
 */
final class BoxTerminal {
    private static final int TTYAUX_MAJOR = 5;
    private static final int PTMX_MINOR = 2;
    private static final int TERMINAL_MODE = 0620;

    private final Kernel kernel;
    private final String box;

    BoxTerminal(Kernel kernel, String box) {
        this.kernel = kernel;
        this.box = box;
    }

    /**
     * @param root directory of the box
     * @param whose the terminal's new owner; only root can change the owner
     * @param open receives MASTER and CONSOLE
     */
    void open(Fd root, KnownTerminal whose, Map<Descriptor, Fd> open) {
        try (Fd master = openMaster(root)) {
            Ioctl.exchange(master, Constants.TIOCSPTLCK, new byte[Integer.BYTES]);
            try (Fd peer = Ioctl.open(
                    master, Constants.TIOCGPTPEER, Constants.O_RDWR | Constants.O_NOCTTY | Constants.O_CLOEXEC)) {
                // Set now, since a command reads the size when it starts.
                Terminal.ofInput().copySizeTo(master);
                giveTo(peer, whose.owner(), whose.group());
                open.put(Descriptors.MASTER, master.release());
                open.put(Descriptors.CONSOLE, peer.release());
            }
        } catch (KernelException e) {
            throw e.about(box + ": no terminal for the command");
        }
    }

    private static void giveTo(Fd terminal, HostUid owner, HostGid group) {
        try {
            FileCalls.changeOwner(terminal, owner, group);
            FileCalls.changeMode(terminal, TERMINAL_MODE);
        } catch (KernelException e) {
            // A terminal of the box's own devpts has that group already.
            return;
        }
    }

    private Fd openMaster(Fd root) throws KernelException {
        long flags = Constants.O_RDWR | Constants.O_NOCTTY | Constants.O_NONBLOCK;
        try (Fd place = OpenFile.inRoot(kernel, root, "dev/pts/ptmx", Constants.O_PATH)) {
            Fd master = place != null && isMultiplexer(place)
                    ? PathCalls.find(kernel, "/proc/self/fd/" + place.number(), flags)
                    : null;
            return master != null ? master : PathCalls.open(kernel, "/dev/ptmx", flags);
        }
    }

    /** Whether it is the real ptmx device on a real devpts: the box can put any file there. */
    private static boolean isMultiplexer(Fd place) throws KernelException {
        FileStatus status = FileStatus.of(place);
        return status != null
                && status.isCharacterDevice(TTYAUX_MAJOR, PTMX_MINOR)
                && FileCalls.fileSystem(place) == Constants.DEVPTS_SUPER_MAGIC;
    }
}
