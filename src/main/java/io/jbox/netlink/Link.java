package io.jbox.netlink;

import io.jbox.uapi.Rtnl;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A network interface (RTM_NEWLINK).
 *
 * @param flags IFF_UP and so on
 * @param kind veth, bridge and so on; empty for hardware
 */
public record Link(
        int index,
        String name,
        List<String> altNames,
        int flags,
        String kind,
        Hwaddr hwaddr,
        Mtu mtu,
        Attachment attachment,
        Settings settings,
        Counters counters) {
    /**
     * Hardware addresses.
     *
     * @param current may have been changed
     * @param permanent the hardware's original one, or null
     */
    public record Hwaddr(byte[] current, byte @Nullable [] permanent) {}

    /**
     * The size of packets in bytes; 0 if unknown.
     *
     * @param least that the device can have
     * @param most that the device can have
     */
    public record Mtu(int bytes, int least, int most) {}

    /**
     * Other interfaces, by their indexes.
     *
     * @param master the bridge that it is a port of; 0 for none
     * @param peer the other end of a veth, or the link below; 0 for none
     * @param peerNamespace id of the network namespace that the peer is in; -1 for its own
     */
    public record Attachment(int master, int peer, int peerNamespace) {
        static final Attachment NONE = new Attachment(0, 0, -1);
    }

    /**
     * What else can be set.
     *
     * @param queueLength in packets
     * @param group of interfaces; 0 is the default one
     * @param alias a text for people
     */
    public record Settings(int queueLength, int group, String alias) {
        static final Settings DEFAULT = new Settings(0, 0, "");
    }

    /** Traffic since the interface was made. */
    public record Counters(long receivedPackets, long sentPackets, long receivedBytes, long sentBytes) {
        static final Counters NONE = new Counters(0, 0, 0, 0);
    }

    /** The size of struct ifinfomsg in bytes. */
    static final int FIXED = 16;

    private static final int COUNTERS_SIZE = 4 * Long.BYTES;

    /** @return null for another type of message, or a damaged one */
    public static @Nullable Link parse(Message message) {
        byte[] payload = message.payload();
        if (message.type() != Rtnl.RTM_NEWLINK || payload.length < FIXED) {
            return null;
        }
        Attributes attributes = message.attributes(FIXED);
        byte[] address = attributes.bytes(Rtnl.IFLA_ADDRESS);
        byte[] counters = attributes.bytes(Rtnl.IFLA_STATS64);
        return new Link(
                Attributes.u32(payload, 4),
                attributes.text(Rtnl.IFLA_IFNAME),
                attributes.nested(Rtnl.IFLA_PROP_LIST).texts(Rtnl.IFLA_ALT_IFNAME),
                Attributes.u32(payload, 8),
                attributes.nested(Rtnl.IFLA_LINKINFO).text(Rtnl.IFLA_INFO_KIND),
                new Hwaddr(address == null ? new byte[0] : address, attributes.bytes(Rtnl.IFLA_PERM_ADDRESS)),
                new Mtu(
                        attributes.u32(Rtnl.IFLA_MTU, 0),
                        attributes.u32(Rtnl.IFLA_MIN_MTU, 0),
                        attributes.u32(Rtnl.IFLA_MAX_MTU, 0)),
                new Attachment(
                        attributes.u32(Rtnl.IFLA_MASTER, 0),
                        attributes.u32(Rtnl.IFLA_LINK, 0),
                        attributes.u32(Rtnl.IFLA_LINK_NETNSID, -1)),
                new Settings(
                        attributes.u32(Rtnl.IFLA_TXQLEN, 0),
                        attributes.u32(Rtnl.IFLA_GROUP, 0),
                        attributes.text(Rtnl.IFLA_IFALIAS)),
                counters == null || counters.length < COUNTERS_SIZE
                        ? Counters.NONE
                        : new Counters(
                                Attributes.u64(counters, 0),
                                Attributes.u64(counters, 8),
                                Attributes.u64(counters, 16),
                                Attributes.u64(counters, 24)));
    }

    /** An interface of which only the name is known. */
    public static Link named(String name) {
        return new Link(
                0,
                name,
                List.of(),
                0,
                "",
                new Hwaddr(new byte[0], null),
                new Mtu(0, 0, 0),
                Attachment.NONE,
                Settings.DEFAULT,
                Counters.NONE);
    }

    /** Whether something is at the other end (IFF_LOWER_UP). */
    public boolean carrier() {
        return (flags & Rtnl.IFF_LOWER_UP) != 0;
    }

    public boolean isUp() {
        return (flags & Rtnl.IFF_UP) != 0;
    }

    public boolean isLoopback() {
        return (flags & Rtnl.IFF_LOOPBACK) != 0;
    }

    /** The hardware address as six pairs of digits. */
    public String hardware() {
        return hardware(hwaddr.current);
    }

    /** Formats a hardware address as pairs of digits. */
    public static String hardware(byte[] address) {
        StringBuilder out = new StringBuilder();
        for (byte part : address) {
            out.append(out.isEmpty() ? "" : ":")
                    .append(Character.forDigit(part >> 4 & 0xf, 16))
                    .append(Character.forDigit(part & 0xf, 16));
        }
        return out.toString();
    }
}
