package io.jbox.netlink;

import io.jbox.uapi.Rtnl;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * An address of an interface (RTM_NEWADDR).
 *
 * @param family AF_INET or AF_INET6
 * @param index of the interface
 * @param scope RT_SCOPE_UNIVERSE and so on
 * @param local its 4 or 16 bytes
 */
public record Address(int family, int length, int flags, int scope, int index, byte[] local) {
    /** The size of struct ifaddrmsg in bytes. */
    static final int FIXED = 8;
    /** Where its flags are. */
    private static final int FLAGS = 2;

    /** The size of struct ifa_cacheinfo, the times of an address, in bytes. */
    private static final int LIFETIMES = 16;

    /**
     * Which bytes of a message change while the address stays: how long it is valid, and how far duplicate address
     * detection is, which starts anew with each carrier.
     */
    public static BitSet changing(Message message) {
        BitSet changing = new BitSet();
        changing.set(FLAGS);
        Attributes attributes = message.attributes(FIXED);
        set(changing, attributes.valueAt(Rtnl.IFA_CACHEINFO, LIFETIMES), LIFETIMES);
        set(changing, attributes.valueAt(Rtnl.IFA_FLAGS, Integer.BYTES), Integer.BYTES);
        return changing;
    }

    private static void set(BitSet bits, int at, int count) {
        if (at >= 0) {
            bits.set(at, at + count);
        }
    }

    /** @return null for another type of message, or a damaged one */
    public static @Nullable Address parse(Message message) {
        byte[] payload = message.payload();
        if (message.type() != Rtnl.RTM_NEWADDR || payload.length < FIXED) {
            return null;
        }
        Attributes attributes = message.attributes(FIXED);
        byte[] local = attributes.bytes(Rtnl.IFA_LOCAL);
        byte[] address = attributes.bytes(Rtnl.IFA_ADDRESS);
        byte[] own = local == null ? address : local;
        int family = payload[0] & 0xff;
        if (own == null || own.length != (family == Rtnl.AF_INET ? 4 : 16)) {
            return null;
        }
        return new Address(
                family,
                payload[1] & 0xff,
                attributes.u32(Rtnl.IFA_FLAGS, payload[FLAGS] & 0xff),
                payload[3] & 0xff,
                Attributes.u32(payload, 4),
                own);
    }
}
