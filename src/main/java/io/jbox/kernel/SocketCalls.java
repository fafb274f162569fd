package io.jbox.kernel;

import io.jbox.uapi.Constants;
import io.jbox.uapi.Syscall;
import org.jspecify.annotations.Nullable;

/** System calls on sockets. */
public final class SocketCalls {
    /** The size of struct sockaddr_nl in bytes, and the offset of nl_pid. */
    private static final int SENDER = 12;

    private static final int SENDER_PORT = 4;

    private SocketCalls() {}

    /** Opens a socket in this process's network (socket(2)). */
    public static Fd open(Kernel kernel, int family, int type, int protocol) throws KernelException {
        return Fd.of(kernel, (int) Calls.make(kernel, Syscall.SOCKET, family, type | Constants.SOCK_CLOEXEC, protocol));
    }

    /** Sets an option that is a number (setsockopt(2)); returns false if the kernel does not know it. */
    public static boolean trySetOption(Fd socket, int level, int option, int value) {
        try (Arena arena = socket.kernel().arena()) {
            Program program = arena.program();
            Op op = program.op(Syscall.SETSOCKOPT, socket.number(), level, option, program.words(value), Integer.BYTES);
            Calls.make(socket.kernel(), op);
            return true;
        } catch (KernelException e) {
            return false;
        }
    }

    /** Sends a datagram to the kernel (sendto(2)). */
    public static void send(Fd socket, byte[] datagram) throws KernelException {
        try (Arena arena = socket.kernel().arena()) {
            Program program = arena.program();
            Op op = program.op(Syscall.SENDTO, socket.number(), program.bytes(datagram), datagram.length, 0, 0, 0);
            Calls.make(socket.kernel(), op);
        }
    }

    /**
     * Waits for the next datagram of a netlink socket (recvfrom(2)).
     *
     * @param most bytes, fewer than a program's memory has
     * @return null for one that the kernel has not sent: anyone who may configure the network may also send to such a
     *     socket (netlink(7))
     */
    public static byte @Nullable [] receiveFromKernel(Fd socket, int most) throws KernelException {
        try (Arena arena = socket.kernel().arena()) {
            Program program = arena.program();
            long buffer = program.space(most);
            long sender = program.words(0, 0);
            long length = program.words(SENDER);
            Op op = program.op(Syscall.RECVFROM, socket.number(), buffer, most, 0, sender, length);
            int received = (int) Calls.make(socket.kernel(), op);
            boolean foreign = received > 0 && program.readInt(sender + SENDER_PORT) != 0;
            return foreign ? null : program.read(buffer, received);
        }
    }
}
