package io.jbox.terminal;

import static io.jbox.uapi.Flag.*;

import io.jbox.kernel.Fd;
import io.jbox.kernel.Ioctl;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.uapi.Constants;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The terminal of one of the caller's descriptors (ioctl_tty(2), termios(3)). */
public final class Terminal {
    /** struct termios of the kernel: four words of flags, a line discipline, 19 control characters. */
    private static final int TERMIOS = 36;

    private static final int WINSIZE = 8;
    private static final int INPUT_OFF = 0x5eb; // IGNBRK BRKINT PARMRK ISTRIP INLCR IGNCR ICRNL IXON
    private static final int OPOST = 1;
    private static final int LOCAL_OFF = 0x804b; // ECHO ECHONL ICANON ISIG IEXTEN
    private static final int CSIZE_PARENB = 0x130;
    private static final int CS8 = 0x30;
    private static final int VTIME = 17 + 5;
    private static final int VMIN = 17 + 6;

    private final Kernel kernel;
    private final Fd descriptor;
    private byte[] saved = new byte[0];

    /** @param standard 0, 1 or 2 */
    Terminal(Kernel kernel, int standard) {
        this.kernel = kernel;
        this.descriptor = Fd.borrowed(kernel, standard);
    }

    /** That of standard input. */
    public static Terminal ofInput() {
        return new Terminal(NativeKernel.open(), 0);
    }

    /** That of standard output. */
    public static Terminal ofOutput() {
        return new Terminal(NativeKernel.open(), 1);
    }

    /** That of standard error. */
    public static Terminal ofError() {
        return new Terminal(NativeKernel.open(), 2);
    }

    Kernel kernel() {
        return kernel;
    }

    Fd descriptor() {
        return descriptor;
    }

    /** Its settings, as TCSETS takes them. */
    byte[] settings() {
        byte[] termios = new byte[TERMIOS];
        ask(Constants.TCGETS, termios);
        return termios;
    }

    /** Whether the descriptor is a terminal. */
    public boolean exists() {
        return ask(Constants.TCGETS, new byte[TERMIOS]);
    }

    /** Whether it is a terminal, and our process group may read from it (tcgetpgrp(3)). */
    public boolean isForeground() {
        byte[] group = new byte[Integer.BYTES];
        if (!ask(Constants.TIOCGPGRP, group)) {
            return false;
        }
        return ByteBuffer.wrap(group).order(ByteOrder.LITTLE_ENDIAN).getInt() == OwnProcess.processGroup(kernel);
    }

    /** Passes every key unchanged, like cfmakeraw(3). */
    public void makeRaw() {
        byte[] termios = new byte[TERMIOS];
        if (!ask(Constants.TCGETS, termios)) {
            return;
        }
        saved = termios.clone();
        ByteBuffer flags = ByteBuffer.wrap(termios).order(ByteOrder.LITTLE_ENDIAN);
        flags.putInt(0, flags.getInt(0) & ~INPUT_OFF);
        flags.putInt(4, flags.getInt(4) & ~OPOST);
        flags.putInt(8, flags.getInt(8) & ~CSIZE_PARENB | CS8);
        flags.putInt(12, flags.getInt(12) & ~LOCAL_OFF);
        termios[VTIME] = 0;
        termios[VMIN] = 1;
        ask(Constants.TCSETS, termios);
    }

    /** Restores the state before {@link #makeRaw}. */
    public void restore() {
        if (saved.length > 0) {
            ask(Constants.TCSETS, saved.clone());
            saved = new byte[0];
        }
    }

    /** Copies the size in rows and columns to another terminal. */
    public void copySizeTo(Fd other) {
        byte[] size = new byte[WINSIZE];
        if (ask(Constants.TIOCGWINSZ, size)) {
            ask(other, Constants.TIOCSWINSZ, size);
        }
    }

    /** The number of columns; 0 if unknown or not a terminal. */
    public int columns() {
        return size(2);
    }

    /** The number of rows; 0 if unknown or not a terminal. */
    public int rows() {
        return size(0);
    }

    private int size(int offset) {
        byte[] size = new byte[WINSIZE];
        return ask(Constants.TIOCGWINSZ, size) ? size[offset] & 0xff | (size[offset + 1] & 0xff) << 8 : 0;
    }

    private boolean ask(long request, byte[] structure) {
        return ask(descriptor, request, structure);
    }

    /** Returns whether the terminal did as it was told; false where there is none. */
    private static boolean ask(Fd terminal, long request, byte[] structure) {
        try {
            Ioctl.exchange(terminal, request, structure);
            return true;
        } catch (KernelException e) {
            return false;
        }
    }
}
