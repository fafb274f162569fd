package io.jbox.netlink;

import io.jbox.uapi.Errno;

/** Thrown if the kernel refuses a request. */
public final class NetlinkException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int request;
    private final int errno;

    /**
     * @param request number of the request in its batch
     * @param errno positive
     * @param said the kernel's own message (extended ack); may be empty
     */
    NetlinkException(int request, int errno, String said) {
        super(Errno.describe(errno) + (said.isEmpty() ? "" : ": " + lower(said)), null, false, false);
        this.request = request;
        this.errno = errno;
    }

    private static String lower(String text) {
        // "MTU ..." keeps its capitals.
        boolean word = text.length() > 1 && Character.isLowerCase(text.charAt(1));
        return word ? Character.toLowerCase(text.charAt(0)) + text.substring(1) : text;
    }

    public int request() {
        return request;
    }

    public int errno() {
        return errno;
    }
}
