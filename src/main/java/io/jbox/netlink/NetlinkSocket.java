package io.jbox.netlink;

import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.problem.JboxException;
import io.jbox.uapi.Rtnl;
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
    /** The answers to a whole batch must fit into the socket's buffer. */
    private static final int BATCH = 64;

    private static final int DUMP_TRIES = 50;

    private final NetlinkChannel channel;
    private int sequence;
    private int mostAnswers = Integer.MAX_VALUE;
    private boolean cutShort;

    private NetlinkSocket(NetlinkChannel channel) {
        this.channel = channel;
        this.sequence = ThreadLocalRandom.current().nextInt(1, 1 << 30);
    }

    /** Opens a socket in this process's network namespace. */
    public static NetlinkSocket open(Kernel kernel) {
        return new NetlinkSocket(NetlinkChannel.open(kernel, NETLINK_ROUTE));
    }

    /**
     * Uses an open socket, which stays the caller's.
     *
     * @param socket of the family AF_NETLINK, with the protocol NETLINK_ROUTE
     */
    public static NetlinkSocket over(Fd socket) {
        return new NetlinkSocket(NetlinkChannel.over(socket));
    }

    /**
     * Why the kernel has refused a request.
     *
     * @param answer of the type NLMSG_ERROR, with its header
     * @return null if it has granted it
     */
    public static @Nullable NetlinkException refusal(byte[] answer) {
        List<Message> messages = Message.parse(answer, answer.length);
        return messages.isEmpty() ? null : error(messages.get(0), 0);
    }

    /** Opens a socket for packet filter messages. */
    static NetlinkSocket openFilter(Kernel kernel) {
        return new NetlinkSocket(NetlinkChannel.open(kernel, NETLINK_NETFILTER));
    }

    /**
     * Opens a socket in another network namespace.
     *
     * @param namespace an open nsfs file, which stays the caller's
     * @throws JboxException if it is not a network namespace, or jbox may not enter it
     */
    public static NetlinkSocket openIn(Fd namespace) {
        return new NetlinkSocket(NetlinkChannel.openIn(namespace, NETLINK_ROUTE));
    }

    /**
     * Limits later dumps, for networks that others control and can make arbitrarily large and busy.
     *
     * @param answers approximate maximum per dump
     * @param nanos time limit for all of them together
     */
    public NetlinkSocket bound(int answers, long nanos) {
        mostAnswers = answers;
        channel.limit(nanos);
        return this;
    }

    /** Whether a dump was cut short. Its rest is still on its way, so the socket cannot be used again. */
    public boolean isCutShort() {
        return cutShort;
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
        channel.send(parts);
        NetlinkException first = null;
        int left = batch.size();
        while (left > 0) {
            for (Message answer : channel.receive()) {
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
        channel.send(List.of(message.bytes(++sequence, 0)));
        while (true) {
            for (Message answer : channel.receive()) {
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
            if (cutShort || dumpOnce(message, answers) || channel.isLate()) {
                return answers;
            }
        }
        throw new JboxException("rtnetlink: the data changes too fast to be read");
    }

    private boolean dumpOnce(MessageWriter message, List<Message> answers) throws NetlinkException {
        channel.send(List.of(message.bytes(++sequence, Rtnl.NLM_F_DUMP)));
        boolean whole = true;
        while (true) {
            for (Message answer : channel.receive()) {
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
            if (answers.size() >= mostAnswers || channel.isLate()) {
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

    @Override
    public void close() {
        channel.close();
    }
}
