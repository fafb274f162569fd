package io.jbox.kernel;

/** Error numbers: their names and what libc says of them ({@code include/uapi/asm-generic/errno.h}). */
public final class Errno {
    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int EINTR = 4;
    public static final int EBADF = 9;
    public static final int ECHILD = 10;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EEXIST = 17;
    public static final int EXDEV = 18;
    public static final int ENODEV = 19;
    public static final int ENOTDIR = 20;
    public static final int EINVAL = 22;
    public static final int ENOSPC = 28;
    public static final int EPIPE = 32;
    public static final int ERANGE = 34;
    public static final int ENOSYS = 38;
    public static final int EADDRINUSE = 98;
    public static final int ETIMEDOUT = 110;

    private Errno() {}

    /**
     * Name and meaning, {@code EPERM (operation not permitted)} say.
     *
     * @param number positive
     */
    public static String describe(int number) {
        return switch (number) {
            case 1 -> "EPERM (operation not permitted)";
            case 2 -> "ENOENT (no such file or directory)";
            case 3 -> "ESRCH (no such process)";
            case 4 -> "EINTR (interrupted system call)";
            case 5 -> "EIO (input/output error)";
            case 6 -> "ENXIO (no such device or address)";
            case 7 -> "E2BIG (argument list too long)";
            case 8 -> "ENOEXEC (exec format error)";
            case 9 -> "EBADF (bad file descriptor)";
            case 10 -> "ECHILD (no child processes)";
            case 11 -> "EAGAIN (resource temporarily unavailable)";
            case 12 -> "ENOMEM (cannot allocate memory)";
            case 13 -> "EACCES (permission denied)";
            case 14 -> "EFAULT (bad address)";
            case 15 -> "ENOTBLK (block device required)";
            case 16 -> "EBUSY (device or resource busy)";
            case 17 -> "EEXIST (file exists)";
            case 18 -> "EXDEV (invalid cross-device link)";
            case 19 -> "ENODEV (no such device)";
            case 20 -> "ENOTDIR (not a directory)";
            case 21 -> "EISDIR (is a directory)";
            case 22 -> "EINVAL (invalid argument)";
            case 23 -> "ENFILE (too many open files in system)";
            case 24 -> "EMFILE (too many open files)";
            case 25 -> "ENOTTY (inappropriate ioctl for device)";
            case 26 -> "ETXTBSY (text file busy)";
            case 27 -> "EFBIG (file too large)";
            case 28 -> "ENOSPC (no space left on device)";
            case 29 -> "ESPIPE (illegal seek)";
            case 30 -> "EROFS (read-only file system)";
            case 31 -> "EMLINK (too many links)";
            case 32 -> "EPIPE (broken pipe)";
            case 33 -> "EDOM (numerical argument out of domain)";
            case 34 -> "ERANGE (numerical result out of range)";
            case 35 -> "EDEADLK (resource deadlock avoided)";
            case 36 -> "ENAMETOOLONG (file name too long)";
            case 38 -> "ENOSYS (function not implemented)";
            case 39 -> "ENOTEMPTY (directory not empty)";
            case 40 -> "ELOOP (too many levels of symbolic links)";
            case 75 -> "EOVERFLOW (value too large for defined data type)";
            case 87 -> "EUSERS (too many users)";
            case 88 -> "ENOTSOCK (socket operation on non-socket)";
            case 95 -> "EOPNOTSUPP (operation not supported)";
            case 97 -> "EAFNOSUPPORT (address family not supported by protocol)";
            case 98 -> "EADDRINUSE (address already in use)";
            case 99 -> "EADDRNOTAVAIL (cannot assign requested address)";
            case 100 -> "ENETDOWN (network is down)";
            case 101 -> "ENETUNREACH (network is unreachable)";
            case 105 -> "ENOBUFS (no buffer space available)";
            case 110 -> "ETIMEDOUT (connection timed out)";
            case 116 -> "ESTALE (stale file handle)";
            case 122 -> "EDQUOT (disk quota exceeded)";
            case 126 -> "ENOKEY (required key not available)";
            default -> "errno " + number;
        };
    }

    /** The name alone, {@code EPERM} say. */
    public static String name(int number) {
        String description = describe(number);
        int end = description.indexOf(" (");
        return end < 0 ? description : description.substring(0, end);
    }
}
