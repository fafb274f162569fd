package io.jbox.netlink;

import io.jbox.uapi.Rtnl;
import org.jspecify.annotations.Nullable;

/**
 * A route (RTM_NEWROUTE).
 *
 * @param length of the destination's prefix; 0 for the default route
 * @param destination its 4 or 16 bytes
 * @param type RTN_UNICAST and so on
 * @param gateway or null
 * @param index of its outgoing interface; 0 if it has several, or none
 */
public record Route(
        int family,
        int length,
        int table,
        int protocol,
        int type,
        int flags,
        byte[] destination,
        byte @Nullable [] gateway,
        int index) {
    /** The size of struct rtmsg in bytes. */
    static final int FIXED = 12;

    /** @return null for another type of message, or a damaged one */
    public static @Nullable Route parse(Message message) {
        byte[] payload = message.payload();
        if (message.type() != Rtnl.RTM_NEWROUTE || payload.length < FIXED) {
            return null;
        }
        Attributes attributes = message.attributes(FIXED);
        int family = payload[0] & 0xff;
        int size = family == Rtnl.AF_INET ? 4 : 16;
        byte[] destination = attributes.bytes(Rtnl.RTA_DST);
        return new Route(
                family,
                payload[1] & 0xff,
                attributes.u32(Rtnl.RTA_TABLE, payload[4] & 0xff),
                payload[5] & 0xff,
                payload[7] & 0xff,
                Attributes.u32(payload, 8),
                destination == null || destination.length != size ? new byte[size] : destination,
                attributes.bytes(Rtnl.RTA_GATEWAY),
                attributes.u32(Rtnl.RTA_OIF, 0));
    }
}
