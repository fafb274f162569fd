package io.jbox.netlink;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Dumpability;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.problem.JboxException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A netlink socket, usually NETLINK_ROUTE, bound for life to the network namespace that it was opened in (netlink(7)).
 * Not thread-safe.
 */
public final class NetlinkSocket implements AutoCloseable {
    private static final int NETLINK_ROUTE = 0;
    private static final int NETLINK_NETFILTER = 12;
    private static final int NETLINK_EXT_ACK = 11;
    private static final int NETLINK_GET_STRICT_CHK = 12;
    private static final int SOL_NETLINK = 270;
    /** The kernel fills at most 32 KiB of a dump at once. */
    private static final int BUFFER = 64 * 1024;
    /** The answers to a whole batch must fit into the socket's buffer. */
    private static final int BATCH = 64;

    private static final int DUMP_TRIES = 50;
    /** The size of struct sockaddr_nl in bytes, and the offset of nl_pid. */
    private static final int SENDER = 12;

    private static final int SENDER_PORT = 4;

    private final Kernel kernel;
    private final int descriptor;
    private int sequence;
    private int mostAnswers = Integer.MAX_VALUE;
    private long deadline;
    private boolean cutShort;

    private NetlinkSocket(Kernel kernel, int descriptor) {
        this.kernel = kernel;
        this.descriptor = descriptor;
        this.sequence = ThreadLocalRandom.current().nextInt(1, 1 << 30);
    }

    /** Opens a socket in this process's network namespace. */
    public static NetlinkSocket open(Kernel kernel) {
        return open(kernel, NETLINK_ROUTE);
    }

    /** Opens a socket for packet filter messages. */
    static NetlinkSocket openFilter(Kernel kernel) {
        return open(kernel, NETLINK_NETFILTER);
    }

    private static NetlinkSocket open(Kernel kernel, int protocol) {
        try (Arena arena = kernel.arena()) {
            Op socket = socket(arena.program(), protocol).next(0);
            kernel.walk(socket.address());
            return of(kernel, socket.result());
        }
    }

    /**
     * Opens a socket in another network namespace. Enters it, makes the socket and comes back in one program, so that
     * no Java ever runs there.
     *
     * @param namespace descriptor of an nsfs file
     * @throws JboxException if it is not a network namespace, or jbox may not enter it
     */
    public static NetlinkSocket openIn(Kernel kernel, int namespace) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            Op own = program.op(
                            Syscall.OPENAT,
                            Constants.AT_FDCWD,
                            program.text("/proc/thread-self/ns/net"),
                            Constants.O_CLOEXEC)
                    .onNegative(0);
            Op enter = program.op(Syscall.SETNS, namespace, Constants.CLONE_NEWNET);
            Op socket = socket(program, NETLINK_ROUTE);
            Op back = program.op(Syscall.SETNS, 0, Constants.CLONE_NEWNET);
            back.next(0);
            own.store(back.argumentAddress(0));
            enter.onNegative(0);
            do {
                kernel.walk(own.address());
            } while (own.result() == -Errno.EINTR);
            if (own.result() >= 0 && enter.result() >= 0 && back.result() < 0) {
                // Nothing may run in a foreign network, not even the formatting of an error.
                throw new IllegalStateException("setns: cannot return to the original network namespace");
            }
            if (own.result() >= 0) {
                kernel.call(Syscall.CLOSE, own.result());
            }
            if (enter.result() == -Errno.EPERM && Dumpability.isOrdinary(kernel)) {
                return openAsItsOwner(kernel, namespace);
            }
            if (own.result() < 0 || enter.result() < 0) {
                long result = own.result() < 0 ? own.result() : enter.result();
                throw new JboxException("setns: " + Errno.describe((int) -result));
            }
            return of(kernel, socket.result());
        }
    }

    /**
     * An unprivileged user has rights in the networks of their boxes only inside the user namespaces, which no
     * multi-threaded process can enter (setns(2)): a child that shares jbox's descriptors enters both and leaves the
     * socket open.
     */
    private static NetlinkSocket openAsItsOwner(Kernel kernel, int namespace) {
        long owner = kernel.call(Syscall.IOCTL, namespace, Constants.NS_GET_USERNS, 0);
        if (owner < 0) {
            throw new JboxException("setns: " + Errno.describe(Errno.EPERM));
        }
        try (Dumpability dumpability = Dumpability.ofLaunch(kernel);
                Arena arena = kernel.arena()) {
            Program program = arena.program();
            long before = program.words(0);
            long flags = Constants.CLONE_VM
                    | Constants.CLONE_VFORK
                    | Constants.CLONE_FILES
                    | Constants.CLONE_PARENT_SETTID
                    | Constants.CLONE_CLEAR_SIGHAND;
            Op block = program.op(Syscall.RT_SIGPROCMASK, Constants.SIG_SETMASK, program.words(-1), before, Long.BYTES);
            Op clone = program.op(Syscall.CLONE3, 0, 11L * Long.BYTES);
            Op reap = program.op(Syscall.WAIT4, 0, 0, Constants.__WALL, 0);
            long child = reap.argumentAddress(0);
            clone.argument(0, program.words(flags, 0, 0, child, Constants.SIGCHLD, 0, 0, 0, 0, 0, 0));
            Op unblock = program.op(Syscall.RT_SIGPROCMASK, Constants.SIG_SETMASK, before, 0, Long.BYTES)
                    .next(0);
            Op enterUser = program.op(Syscall.SETNS, owner, Constants.CLONE_NEWUSER);
            Op enter = program.op(Syscall.SETNS, namespace, Constants.CLONE_NEWNET);
            Op socket = socket(program, NETLINK_ROUTE);
            Op exit = program.op(Syscall.EXIT_GROUP, 0);
            clone.onZero(enterUser.address()).onNegative(unblock.address());
            enterUser.onNegative(exit.address());
            enter.onNegative(exit.address());
            kernel.walk(block.address());
            long failed = enterUser.result() < 0 ? enterUser.result() : Math.min(0, enter.result());
            if (failed < 0) {
                throw new JboxException("setns: " + Errno.describe((int) -failed));
            }
            return of(kernel, socket.result());
        } finally {
            kernel.call(Syscall.CLOSE, owner);
        }
    }

    private static Op socket(Program program, int protocol) {
        return program.op(Syscall.SOCKET, Constants.AF_NETLINK, Constants.SOCK_RAW | Constants.SOCK_CLOEXEC, protocol);
    }

    private static NetlinkSocket of(Kernel kernel, long result) {
        if (result < 0) {
            throw new JboxException("socket AF_NETLINK: " + Errno.describe((int) -result));
        }
        NetlinkSocket socket = new NetlinkSocket(kernel, (int) result);
        socket.option(NETLINK_EXT_ACK);
        // Lets the kernel restrict a dump to one link's addresses.
        socket.option(NETLINK_GET_STRICT_CHK);
        return socket;
    }

    /**
     * Limits later dumps, for networks that others control and can make arbitrarily large and busy.
     *
     * @param answers approximate maximum per dump
     * @param nanos time limit for all of them together
     */
    public NetlinkSocket bound(int answers, long nanos) {
        mostAnswers = answers;
        deadline = System.nanoTime() + nanos;
        return this;
    }

    /** Whether a dump was cut short. Its rest is still on its way, so the socket cannot be used again. */
    public boolean isCutShort() {
        return cutShort;
    }

    private boolean isLate() {
        return mostAnswers != Integer.MAX_VALUE && System.nanoTime() - deadline > 0;
    }

    private void option(int option) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            kernel.walk(program.op(Syscall.SETSOCKOPT, descriptor, SOL_NETLINK, option, program.words(1), Integer.BYTES)
                    .next(0)
                    .address());
        }
    }

    /**
     * Sends a request and waits for the kernel's answer.
     *
     * @throws NetlinkException if it is refused
     */
    public void request(MessageWriter message) throws NetlinkException {
        requestAll(List.of(message));
    }

    /**
     * Sends requests together, in order. The kernel processes all of them even if one is refused.
     *
     * @throws NetlinkException for the first that is refused
     */
    public void requestAll(List<MessageWriter> messages) throws NetlinkException {
        NetlinkException first = null;
        for (int start = 0; start < messages.size(); start += BATCH) {
            List<MessageWriter> batch = messages.subList(start, Math.min(messages.size(), start + BATCH));
            NetlinkException refused = batch(batch, start);
            first = first == null ? refused : first;
        }
        if (first != null) {
            throw first;
        }
    }

    private @Nullable NetlinkException batch(List<MessageWriter> batch, int start) throws NetlinkException {
        int firstSequence = sequence + 1;
        List<byte[]> parts = new ArrayList<>();
        for (MessageWriter message : batch) {
            parts.add(message.bytes(++sequence, Rtnl.NLM_F_ACK));
        }
        send(parts);
        NetlinkException first = null;
        int left = batch.size();
        while (left > 0) {
            for (Message answer : receive()) {
                int number = answer.sequence() - firstSequence;
                if (answer.type() != Rtnl.NLMSG_ERROR || number < 0 || number >= batch.size()) {
                    continue;
                }
                left--;
                NetlinkException refused = error(answer, start + number);
                if (refused != null && (first == null || refused.request() < first.request())) {
                    first = refused;
                }
            }
        }
        return first;
    }

    /** Returns the answer to one request. */
    public Message get(MessageWriter message) throws NetlinkException {
        send(List.of(message.bytes(++sequence, 0)));
        while (true) {
            for (Message answer : receive()) {
                if (answer.sequence() != sequence) {
                    continue;
                }
                if (answer.type() == Rtnl.NLMSG_ERROR) {
                    NetlinkException refused = error(answer, 0);
                    if (refused != null) {
                        throw refused;
                    }
                    continue;
                }
                return answer;
            }
        }
    }

    /**
     * Returns all answers to a request, up to a {@linkplain #bound bound}. A dump that was interrupted by a change is
     * repeated.
     */
    public List<Message> dump(MessageWriter message) throws NetlinkException {
        for (int i = 0; i < DUMP_TRIES; i++) {
            List<Message> answers = new ArrayList<>();
            if (cutShort || dumpOnce(message, answers) || isLate()) {
                return answers;
            }
        }
        throw new JboxException("rtnetlink: the data changes too fast to be read");
    }

    private boolean dumpOnce(MessageWriter message, List<Message> answers) throws NetlinkException {
        send(List.of(message.bytes(++sequence, Rtnl.NLM_F_DUMP)));
        boolean whole = true;
        while (true) {
            for (Message answer : receive()) {
                if (answer.sequence() != sequence) {
                    continue;
                }
                whole &= (answer.flags() & Rtnl.NLM_F_DUMP_INTR) == 0;
                if (answer.type() == Rtnl.NLMSG_DONE) {
                    // It also carries an error if the dump broke off.
                    int result = answer.payload().length < 4 ? 0 : Attributes.u32(answer.payload(), 0);
                    if (result < 0) {
                        throw new NetlinkException(0, -result, "");
                    }
                    return whole;
                }
                if (answer.type() == Rtnl.NLMSG_ERROR) {
                    NetlinkException refused = error(answer, 0);
                    if (refused != null) {
                        throw refused;
                    }
                    continue;
                }
                answers.add(answer);
            }
            if (answers.size() >= mostAnswers || isLate()) {
                cutShort = true;
                return true;
            }
        }
    }

    /** Parses an NLMSG_ERROR: its number, the request's header or all of it, attributes. Null for an ack. */
    static @Nullable NetlinkException error(Message answer, int request) {
        byte[] payload = answer.payload();
        int result = payload.length < 4 ? 0 : Attributes.u32(payload, 0);
        if (result == 0) {
            return null;
        }
        String said = "";
        if ((answer.flags() & Rtnl.NLM_F_ACK_TLVS) != 0 && payload.length >= 4 + MessageWriter.HEADER) {
            int echoed = (answer.flags() & Rtnl.NLM_F_CAPPED) != 0 ? MessageWriter.HEADER : Attributes.u32(payload, 4);
            if (echoed >= MessageWriter.HEADER && echoed <= payload.length - 4) {
                said = answer.attributes(4 + (echoed + 3 & ~3)).text(Rtnl.NLMSGERR_ATTR_MSG);
            }
        }
        return new NetlinkException(request, -result, said);
    }

    private void send(List<byte[]> parts) throws NetlinkException {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        byte[] all = new byte[length];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            Op op = program.op(Syscall.SENDTO, descriptor, program.bytes(all), length, 0, 0, 0)
                    .next(0);
            do {
                kernel.walk(op.address());
            } while (op.result() == -Errno.EINTR);
            if (op.result() < 0) {
                throw new NetlinkException(0, (int) -op.result(), "sendto");
            }
        }
    }

    private List<Message> receive() throws NetlinkException {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long buffer = program.space(BUFFER);
            long sender = program.words(0, 0);
            long length = program.words(SENDER);
            Op op = program.op(Syscall.RECVFROM, descriptor, buffer, BUFFER, 0, sender, length)
                    .next(0);
            do {
                program.writeLong(length, SENDER);
                kernel.walk(op.address());
                // Only messages from the kernel are accepted: anyone who may configure the network may also send to
                // this socket (netlink(7)).
                if (isLate()) {
                    throw new JboxException("netlink: no answer in time");
                }
            } while (op.result() == -Errno.EINTR || op.result() > 0 && program.readInt(sender + SENDER_PORT) != 0);
            if (op.result() <= 0) {
                throw new NetlinkException(0, (int) -op.result(), "recvfrom");
            }
            int received = (int) op.result();
            return Message.parse(program.read(buffer, received), received);
        }
    }

    @Override
    public void close() {
        kernel.call(Syscall.CLOSE, descriptor);
    }
}
