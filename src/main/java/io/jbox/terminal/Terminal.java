package io.jbox.terminal;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
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
    private final int descriptor;
    private byte[] saved = new byte[0];

    Terminal(Kernel kernel, int descriptor) {
        this.kernel = kernel;
        this.descriptor = descriptor;
    }

    /** That of standard input. */
    public static Terminal ofInput() {
        return new Terminal(NativeKernel.open(), 0);
    }

    /** That of standard output. */
    public static Terminal ofOutput() {
        return new Terminal(NativeKernel.open(), 1);
    }

    Kernel kernel() {
        return kernel;
    }

    int descriptor() {
        return descriptor;
    }

    /** Its settings, as TCSETS takes them. */
    byte[] settings() {
        byte[] termios = new byte[TERMIOS];
        ioctl(Constants.TCGETS, termios);
        return termios;
    }

    /** Whether the descriptor is a terminal. */
    public boolean exists() {
        return ioctl(Constants.TCGETS, new byte[TERMIOS]) == 0;
    }

    /** Whether it is a terminal, and our process group may read from it (tcgetpgrp(3)). */
    public boolean isForeground() {
        byte[] group = new byte[Integer.BYTES];
        if (ioctl(Constants.TIOCGPGRP, group) != 0) {
            return false;
        }
        return ByteBuffer.wrap(group).order(ByteOrder.LITTLE_ENDIAN).getInt() == kernel.call(Syscall.GETPGID, 0);
    }

    /** Passes every key unchanged, like cfmakeraw(3). */
    public void makeRaw() {
        byte[] termios = new byte[TERMIOS];
        if (ioctl(Constants.TCGETS, termios) != 0) {
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
        ioctl(Constants.TCSETS, termios);
    }

    /** Restores the state before {@link #makeRaw}. */
    public void restore() {
        if (saved.length > 0) {
            ioctl(Constants.TCSETS, saved.clone());
            saved = new byte[0];
        }
    }

    /** Copies the size in rows and columns to another terminal. */
    public void copySizeTo(int other) {
        byte[] size = new byte[WINSIZE];
        if (ioctl(Constants.TIOCGWINSZ, size) == 0) {
            new Terminal(kernel, other).ioctl(Constants.TIOCSWINSZ, size);
        }
    }

    /** The number of columns; 0 if unknown or not a terminal. */
    public int columns() {
        byte[] size = new byte[WINSIZE];
        return ioctl(Constants.TIOCGWINSZ, size) == 0 ? size[2] & 0xff | (size[3] & 0xff) << 8 : 0;
    }

    private long ioctl(long request, byte[] bytes) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long address = program.bytes(bytes);
            Op op = program.op(Syscall.IOCTL, descriptor, request, address).next(0);
            kernel.walk(op.address());
            byte[] after = program.read(address, bytes.length);
            System.arraycopy(after, 0, bytes, 0, bytes.length);
            return op.result();
        }
    }
}
