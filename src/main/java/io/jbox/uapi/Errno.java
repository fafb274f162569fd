package io.jbox.uapi;

import io.jbox.problem.SystemError;

/** Error numbers ({@code include/uapi/asm-generic/errno.h}). */
public final class Errno {
    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int EINTR = 4;
    public static final int EBADF = 9;
    public static final int ECHILD = 10;
    public static final int ENXIO = 6;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EEXIST = 17;
    public static final int EXDEV = 18;
    public static final int ENODEV = 19;
    public static final int ENOTDIR = 20;
    public static final int EBUSY = 16;
    public static final int EINVAL = 22;
    public static final int ELOOP = 40;
    public static final int EMFILE = 24;
    public static final int ENOSPC = 28;
    public static final int EPIPE = 32;
    public static final int ERANGE = 34;
    public static final int ENOSYS = 38;
    public static final int EOPNOTSUPP = 95;
    public static final int ENOEXEC = 8;
    public static final int EADDRINUSE = 98;
    public static final int EADDRNOTAVAIL = 99;
    public static final int ENETDOWN = 100;
    public static final int ENETUNREACH = 101;
    public static final int ETIMEDOUT = 110;
    public static final int ENOTSUPP = 524;

    private Errno() {}

    /**
     * Meaning and name, such as {@code Operation not permitted (EPERM)}.
     *
     * @param number positive
     */
    public static String describe(int number) {
        return SystemError.describe(number);
    }

    /** The number of an error name; 0 if unknown. */
    public static int number(String name) {
        return SystemError.number(name);
    }

    /** The name alone, such as {@code EPERM}. */
    public static String name(int number) {
        return SystemError.name(number);
    }
}
