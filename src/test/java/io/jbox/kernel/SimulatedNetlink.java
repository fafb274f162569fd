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

/**
 * The kernel's side of rtnetlink(7), as far as a launch goes: every request is granted, and the names of links are remembered.
 * Of two networks, the host's and the box's, one has an interface of hardware, of which everything is known.
 */
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
    private static final int RTM_NEWADDR = 20;
    private static final int RTM_GETADDR = 22;
    private static final int RTM_NEWROUTE = 24;
    private static final int RTM_GETROUTE = 26;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_NET_NS_FD = 28;
    private static final int HARDWARE_INDEX = 77;
    private static final int UP = 0x1;
    private static final int ENODEV = 19;
    private static final int EADDRNOTAVAIL = 99;
    private static final int MTU = 1500;
    private static final byte[] ADDRESS = {2, 0, 0, 0, 0, 9};

    /** 192.0.2.7/24 on it, as the kernel says it: struct ifaddrmsg, IFA_ADDRESS, IFA_LOCAL. */
    private static final byte[] IP = {
        2, 24, 0, 0, HARDWARE_INDEX, 0, 0, 0, 8, 0, 1, 0, (byte) 192, 0, 2, 7, 8, 0, 2, 0, (byte) 192, 0, 2, 7
    };

    /** The default route through 192.0.2.1: struct rtmsg, RTA_GATEWAY, RTA_OIF. */
    private static final byte[] ROUTE = {
        2,
        0,
        0,
        0,
        (byte) 254,
        4,
        0,
        1,
        0,
        0,
        0,
        0,
        8,
        0,
        5,
        0,
        (byte) 192,
        0,
        2,
        1,
        8,
        0,
        4,
        0,
        HARDWARE_INDEX,
        0,
        0,
        0
    };

    private final Map<Integer, Queue<byte[]>> answers = new TreeMap<>();
    private final Map<String, Integer> indexes = new TreeMap<>();
    private final Set<String> made = new LinkedHashSet<>();
    /** Of descriptors of networks, and of sockets: whether it is the host's. */
    private final Map<Integer, Boolean> networks = new TreeMap<>();

    private boolean onHost = true;
    private String hardware = "";
    private boolean hardwareOnHost = true;
    private int hardwareFlags = UP;
    private final List<byte[]> hardwareAddresses = new ArrayList<>();
    private final List<byte[]> hardwareRoutes = new ArrayList<>();

    void addHardware(String name) {
        hardware = name;
        hardwareAddresses.add(IP);
        hardwareRoutes.add(ROUTE);
    }

    String hardware() {
        return (hardwareOnHost ? "host: " : "box: ")
                + hardware
                + ((hardwareFlags & UP) == 0 ? " down, " : " up, ")
                + hardwareAddresses.size()
                + " addresses, "
                + hardwareRoutes.size()
                + " routes";
    }

    /** What a descriptor leads to. */
    void name(int descriptor, boolean host) {
        networks.put(descriptor, host);
    }

    void open(int socket) {
        networks.put(socket, onHost);
    }

    void close(int descriptor) {
        networks.remove(descriptor);
        answers.remove(descriptor);
    }

    void closeAll() {
        networks.clear();
        answers.clear();
        onHost = true;
    }

    /** Returns whether that is a network. */
    boolean enter(int descriptor) {
        Boolean host = networks.get(descriptor);
        if (host == null) {
            return false;
        }
        onHost = host;
        return true;
    }

    /** The interfaces that requests have made. */
    List<String> made() {
        return new ArrayList<>(made);
    }

    /** With the last process of a network the kernel takes its interfaces away, and the peers of its veths. */
    void networkDies() {
        made.clear();
        if (!hardwareOnHost) {
            // Hardware goes back to where it came from, without all that it had.
            move(true);
        }
    }

    private void move(boolean toHost) {
        hardwareOnHost = toHost;
        hardwareFlags &= ~UP;
        hardwareAddresses.clear();
        hardwareRoutes.clear();
    }

    void send(int socket, byte[] datagram) {
        ByteBuffer in = ByteBuffer.wrap(datagram).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at + HEADER <= datagram.length; at += in.getInt(at) + 3 & ~3) {
            int length = in.getInt(at);
            int type = in.getShort(at + 4) & 0xffff;
            int flags = in.getShort(at + 6) & 0xffff;
            int sequence = in.getInt(at + 8);
            String name = type <= RTM_GETLINK ? name(in, at + HEADER + LINK_HEADER, at + length) : "";
            int index = in.getInt(at + HEADER + 4);
            boolean itself = !hardware.isEmpty()
                    && (type == RTM_GETLINK && name.equals(hardware) || index == HARDWARE_INDEX)
                    && networks.getOrDefault(socket, true) == hardwareOnHost;
            if (type == RTM_NEWLINK && (flags & NLM_F_CREATE) != 0) {
                made.add(name);
            } else if (type == RTM_NEWLINK && itself) {
                change(in, at, length, name);
            } else if (type == RTM_NEWADDR && itself && hardwareAddresses.isEmpty()) {
                hardwareAddresses.add(IP);
            } else if (type == RTM_NEWROUTE
                    && networks.getOrDefault(socket, true)
                    && hardwareOnHost
                    && (hardwareFlags & UP) != 0
                    && hardwareRoutes.isEmpty()) {
                hardwareRoutes.add(ROUTE);
            } else if (type == RTM_DELLINK) {
                made.remove(name);
            }
            Queue<byte[]> queue = answers.computeIfAbsent(socket, key -> new ArrayDeque<>());
            if ((flags & NLM_F_DUMP) == NLM_F_DUMP) {
                if (!hardware.isEmpty() && networks.getOrDefault(socket, true) == hardwareOnHost) {
                    dump(type, sequence, queue);
                }
                queue.add(message(NLMSG_DONE, sequence, new byte[4]));
            } else if (type == RTM_GETLINK && itself) {
                queue.add(message(RTM_NEWLINK, sequence, hardwareLink()));
            } else if (type == RTM_GETLINK && !hardware.isEmpty() && !name.equals("lo")) {
                byte[] error = new byte[4 + HEADER];
                ByteBuffer.wrap(error).order(ByteOrder.LITTLE_ENDIAN).putInt(0, -ENODEV);
                queue.add(message(NLMSG_ERROR, sequence, error));
            } else if (type == RTM_GETLINK) {
                queue.add(message(RTM_NEWLINK, sequence, link(name, in.getInt(at + HEADER + 4))));
            } else if (type == RTM_GETADDR) {
                byte[] error = new byte[4 + HEADER];
                ByteBuffer.wrap(error).order(ByteOrder.LITTLE_ENDIAN).putInt(0, -EADDRNOTAVAIL);
                queue.add(message(NLMSG_ERROR, sequence, error));
            } else if ((flags & NLM_F_ACK) != 0) {
                queue.add(message(NLMSG_ERROR, sequence, new byte[4 + HEADER]));
            }
        }
    }

    private void dump(int type, int sequence, Queue<byte[]> queue) {
        switch (type) {
            case RTM_GETLINK -> queue.add(message(RTM_NEWLINK, sequence, hardwareLink()));
            case RTM_GETADDR -> hardwareAddresses.forEach(one -> queue.add(message(RTM_NEWADDR, sequence, one)));
            case RTM_GETROUTE -> hardwareRoutes.forEach(one -> queue.add(message(RTM_NEWROUTE, sequence, one)));
            default -> {}
        }
    }

    private void change(ByteBuffer in, int at, int length, String name) {
        int change = in.getInt(at + HEADER + 12);
        hardwareFlags = hardwareFlags & ~change | in.getInt(at + HEADER + 8) & change;
        for (int i = at + HEADER + LINK_HEADER; i + 4 <= at + length; i += (in.getShort(i) & 0xffff) + 3 & ~3) {
            if ((in.getShort(i + 2) & 0x3fff) == IFLA_NET_NS_FD) {
                move(networks.getOrDefault(in.getInt(i + 4), true));
            }
        }
        if (!name.isEmpty()) {
            hardware = name;
        }
    }

    /** struct ifinfomsg, IFLA_IFNAME, IFLA_ADDRESS, IFLA_PERM_ADDRESS, IFLA_MTU. */
    private byte[] hardwareLink() {
        byte[] text = (hardware + '\0').getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = ByteBuffer.allocate(LINK_HEADER + 4 + (text.length + 3 & ~3) + 2 * 12 + 8)
                .order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(4, HARDWARE_INDEX).putInt(8, hardwareFlags);
        int at = LINK_HEADER;
        out.putShort(at, (short) (4 + text.length))
                .putShort(at + 2, (short) IFLA_IFNAME)
                .put(at + 4, text);
        at += 4 + (text.length + 3 & ~3);
        for (int type : new int[] {1, 54}) {
            out.putShort(at, (short) (4 + ADDRESS.length))
                    .putShort(at + 2, (short) type)
                    .put(at + 4, ADDRESS);
            at += 12;
        }
        out.putShort(at, (short) 8).putShort(at + 2, (short) 4).putInt(at + 4, MTU);
        return out.array();
    }

    /** Whether the kernel has said something that was not received. */
    boolean hasAnswer(int socket) {
        Queue<byte[]> queue = answers.get(socket);
        return queue != null && !queue.isEmpty();
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

    /** The index of an interface in the network of a socket; negative if there is none of the name. */
    int index(int socket, String name) {
        if (name.equals(hardware) && networks.getOrDefault(socket, true) == hardwareOnHost) {
            return HARDWARE_INDEX;
        }
        return !hardware.isEmpty() && !name.equals("lo") ? -1 : index(name);
    }

    private int index(String name) {
        return indexes.computeIfAbsent(name, key -> indexes.size() + 2);
    }

    private byte[] link(String name, int asked) {
        String known = name;
        for (Map.Entry<String, Integer> entry : indexes.entrySet()) {
            known = name.isEmpty() && entry.getValue() == asked ? entry.getKey() : known;
        }
        int index = index(known);
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
