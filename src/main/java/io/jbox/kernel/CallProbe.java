package io.jbox.kernel;

import io.jbox.uapi.Errno;
import io.jbox.uapi.Syscall;

/** Finds out which system calls there are. */
public final class CallProbe {
    private CallProbe() {}

    /** Whether the kernel knows a call, one that with nonsensical arguments can do nothing but complain. */
    public static boolean exists(Kernel kernel, Syscall call) {
        return kernel.call(call, -1, 0, 0, -1, 0, 0) != -Errno.ENOSYS;
    }
}
