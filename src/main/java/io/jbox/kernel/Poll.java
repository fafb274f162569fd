package io.jbox.kernel;

/** Waits for a descriptor (ppoll(2)). */
public final class Poll {
    private static final long NANOS = 1_000_000_000;

    private Poll() {}

    /**
     * Whether a descriptor is readable, or the process of a pidfd has ended.
     *
     * @param millis how long to wait for that; negative for no limit
     */
    public static boolean isReadable(Fd descriptor, long millis) {
        return isReadable(descriptor.kernel(), descriptor.number(), millis);
    }

    /**
     * Whether a descriptor is readable, or the process of a pidfd has ended.
     *
     * @param millis how long to wait for that; negative for no limit
     */
    public static boolean isReadable(Kernel kernel, int descriptor, long millis) {
        long end = System.nanoTime() + millis * 1_000_000;
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long pollfd = program.words(descriptor | (long) Constants.POLLIN << 32);
            long timeout = program.words(0, 0);
            Op poll = program.op(Syscall.PPOLL, pollfd, 1, millis < 0 ? 0 : timeout, 0, Long.BYTES)
                    .next(0);
            do {
                long left = Math.max(0, end - System.nanoTime());
                program.writeLong(timeout, left / NANOS);
                program.writeLong(timeout + Long.BYTES, left % NANOS);
                kernel.walk(poll.address());
            } while (poll.result() == -Errno.EINTR);
            return poll.result() > 0;
        }
    }
}
