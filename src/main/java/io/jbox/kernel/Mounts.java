package io.jbox.kernel;

import io.jbox.uapi.Constants;
import io.jbox.uapi.Syscall;

/** Changes mounts of this process's mount namespace. */
public final class Mounts {
    private Mounts() {}

    /** Mounts a file over another (mount(2), MS_BIND). */
    public static void bind(Kernel kernel, String source, String target) throws KernelException {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            Op op = program.op(Syscall.MOUNT, program.text(source), program.text(target), 0, Constants.MS_BIND, 0);
            Calls.make(kernel, op);
        }
    }

    /** Takes the topmost mount of a path away, also one that is busy (umount2(2), MNT_DETACH). */
    public static void detach(Kernel kernel, String path) throws KernelException {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            Calls.make(kernel, program.op(Syscall.UMOUNT2, program.text(path), Constants.MNT_DETACH));
        }
    }
}
