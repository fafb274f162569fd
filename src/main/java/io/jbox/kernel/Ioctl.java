package io.jbox.kernel;

import io.jbox.uapi.Syscall;

/** What is asked of a file by a number that its driver knows (ioctl(2)). */
public final class Ioctl {
    private Ioctl() {}

    /** Asks for something that needs no more than the number. */
    public static int ask(Fd file, long request) throws KernelException {
        return (int) file.call(Syscall.IOCTL, request, 0);
    }

    /** Asks for another descriptor. */
    public static Fd open(Fd file, long request, long argument) throws KernelException {
        return file.derive(Syscall.IOCTL, request, argument);
    }

    /** Hands a structure to the kernel, which may change it. */
    public static void exchange(Fd file, long request, byte[] structure) throws KernelException {
        try (Arena arena = file.kernel().arena()) {
            Program program = arena.program();
            long address = program.bytes(structure);
            Calls.make(file.kernel(), program.op(Syscall.IOCTL, file.number(), request, address));
            byte[] after = program.read(address, structure.length);
            System.arraycopy(after, 0, structure, 0, structure.length);
        }
    }
}
