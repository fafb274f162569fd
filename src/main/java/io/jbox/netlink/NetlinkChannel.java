package io.jbox.netlink;

import static io.jbox.uapi.Flag.*;

import io.jbox.kernel.Fd;
import io.jbox.kernel.ForeignSocket;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.SocketCalls;
import io.jbox.problem.JboxException;
import io.jbox.uapi.Constants;
import java.util.List;

/** Carries datagrams to the kernel and back (netlink(7)); what is in them is {@link NetlinkSocket}'s concern. */
final class NetlinkChannel implements AutoCloseable {
    /** The kernel fills at most 32 KiB of a dump at once. */
    private static final int BUFFER = 64 * 1024;

    private final Fd socket;
    private boolean limited;
    private long deadline;

    private NetlinkChannel(Fd socket) {
        this.socket = socket;
        // Older kernels say less of what is wrong, and tell more than was asked for.
        SocketCalls.trySetOption(socket, Constants.SOL_NETLINK, Constants.NETLINK_EXT_ACK, 1);
        // Lets the kernel restrict a dump to one link's addresses.
        SocketCalls.trySetOption(socket, Constants.SOL_NETLINK, Constants.NETLINK_GET_STRICT_CHK, 1);
    }

    /** Uses an open socket. */
    static NetlinkChannel over(Fd socket) {
        return new NetlinkChannel(socket);
    }

    /** Opens one in this process's network namespace. */
    static NetlinkChannel open(Kernel kernel, int protocol) {
        try {
            return new NetlinkChannel(SocketCalls.open(kernel, Constants.AF_NETLINK, Constants.SOCK_RAW, protocol));
        } catch (KernelException e) {
            throw e.about("socket AF_NETLINK");
        }
    }

    /** Opens one in another network namespace. */
    static NetlinkChannel openIn(Fd namespace, int protocol) {
        try {
            return new NetlinkChannel(
                    ForeignSocket.open(namespace, Constants.AF_NETLINK, Constants.SOCK_RAW, protocol));
        } catch (KernelException e) {
            throw e.about("socket AF_NETLINK");
        }
    }

    /** Limits the time for all answers together. */
    void limit(long nanos) {
        limited = true;
        deadline = System.nanoTime() + nanos;
    }

    /** Whether that time is over. */
    boolean isLate() {
        return limited && System.nanoTime() - deadline > 0;
    }

    /** Sends messages as one datagram. */
    void send(List<byte[]> messages) throws NetlinkException {
        int length = 0;
        for (byte[] message : messages) {
            length += message.length;
        }
        byte[] all = new byte[length];
        int at = 0;
        for (byte[] message : messages) {
            System.arraycopy(message, 0, all, at, message.length);
            at += message.length;
        }
        try {
            SocketCalls.send(socket, all);
        } catch (KernelException e) {
            throw new NetlinkException(0, e.errno(), "sendto");
        }
    }

    /** Waits for the next messages from the kernel. */
    List<Message> receive() throws NetlinkException {
        try {
            while (true) {
                byte[] datagram = SocketCalls.receiveFromKernel(socket, BUFFER);
                if (isLate()) {
                    throw new JboxException("netlink: no answer in time");
                }
                if (datagram != null && datagram.length == 0) {
                    throw new NetlinkException(0, 0, "recvfrom");
                }
                if (datagram != null) {
                    return Message.parse(datagram, datagram.length);
                }
            }
        } catch (KernelException e) {
            throw new NetlinkException(0, e.errno(), "recvfrom");
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
