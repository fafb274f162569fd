package io.jbox.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;

/** The kernel's side of rtnetlink(7), as far as a launch goes: every request is granted, dumps are empty, links are remembered. */
final class SimulatedNetlink {
    private static final int HEADER = 16;
    private static final int LINK_HEADER = 16;
    private static final int NLMSG_ERROR = 2;
    private static final int NLMSG_DONE = 3;
    private static final int RTM_NEWLINK = 16;
    private static final int RTM_DELLINK = 17;
    private static final int RTM_GETLINK = 18;
    private static final int NLM_F_ACK = 4;
    private static final int NLM_F_DUMP = 0x300;
    private static final int NLM_F_CREATE = 0x400;
    private static final int IFLA_IFNAME = 3;

    private final Map<Integer, Queue<byte[]>> answers = new TreeMap<>();
    private final Map<String, Integer> indexes = new TreeMap<>();
    private final Set<String> made = new LinkedHashSet<>();

    /** The interfaces that requests have made. */
    List<String> made() {
        return new ArrayList<>(made);
    }

    /** With the last process of a network the kernel takes its interfaces away, and the peers of its veths. */
    void networkDies() {
        made.clear();
    }

    void send(int socket, byte[] datagram) {
        ByteBuffer in = ByteBuffer.wrap(datagram).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at + HEADER <= datagram.length; at += in.getInt(at) + 3 & ~3) {
            int length = in.getInt(at);
            int type = in.getShort(at + 4) & 0xffff;
            int flags = in.getShort(at + 6) & 0xffff;
            int sequence = in.getInt(at + 8);
            String name = type <= RTM_GETLINK ? name(in, at + HEADER + LINK_HEADER, at + length) : "";
            if (type == RTM_NEWLINK && (flags & NLM_F_CREATE) != 0) {
                made.add(name);
            } else if (type == RTM_DELLINK) {
                made.remove(name);
            }
            Queue<byte[]> queue = answers.computeIfAbsent(socket, key -> new ArrayDeque<>());
            if ((flags & NLM_F_DUMP) == NLM_F_DUMP) {
                queue.add(message(NLMSG_DONE, sequence, new byte[4]));
            } else if (type == RTM_GETLINK) {
                queue.add(message(RTM_NEWLINK, sequence, link(name, in.getInt(at + HEADER + 4))));
            } else if ((flags & NLM_F_ACK) != 0) {
                queue.add(message(NLMSG_ERROR, sequence, new byte[4 + HEADER]));
            }
        }
    }

    /** The next answer; null where the kernel has nothing to say. */
    byte[] receive(int socket) {
        Queue<byte[]> queue = answers.get(socket);
        byte[] answer = queue == null ? null : queue.poll();
        if (answer == null) {
            throw new IllegalStateException("waits for an answer that never comes");
        }
        return answer;
    }

    private byte[] link(String name, int asked) {
        String known = name;
        for (Map.Entry<String, Integer> entry : indexes.entrySet()) {
            known = name.isEmpty() && entry.getValue() == asked ? entry.getKey() : known;
        }
        int index = indexes.computeIfAbsent(known, key -> indexes.size() + 2);
        byte[] text = (known + '\0').getBytes(StandardCharsets.UTF_8);
        ByteBuffer out =
                ByteBuffer.allocate(LINK_HEADER + 4 + (text.length + 3 & ~3)).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(4, index);
        out.putShort(LINK_HEADER, (short) (4 + text.length)).putShort(LINK_HEADER + 2, (short) IFLA_IFNAME);
        return out.put(LINK_HEADER + 4, text).array();
    }

    private static String name(ByteBuffer in, int start, int end) {
        for (int at = start; at + 4 <= end; at += (in.getShort(at) & 0xffff) + 3 & ~3) {
            int length = in.getShort(at) & 0xffff;
            if (length < 4) {
                break;
            }
            if (in.getShort(at + 2) == IFLA_IFNAME) {
                byte[] text = new byte[length - 4];
                in.get(at + 4, text);
                return new String(text, StandardCharsets.UTF_8).replace("\0", "");
            }
        }
        return "";
    }

    private static byte[] message(int type, int sequence, byte[] payload) {
        return ByteBuffer.allocate(HEADER + payload.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(HEADER + payload.length)
                .putShort((short) type)
                .putShort((short) 0)
                .putInt(sequence)
                .putInt(0)
                .put(payload)
                .array();
    }
}
