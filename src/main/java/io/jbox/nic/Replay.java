package io.jbox.nic;

import io.jbox.netlink.Attributes;
import io.jbox.netlink.MessageWriter;
import io.jbox.uapi.Rtnl;
import java.util.Arrays;

/** Turns the kernel's messages on addresses and routes into requests that restore them. */
final class Replay {
    /** The size of struct ifaddrmsg in bytes. */
    private static final int ADDRESS = 8;
    /** The size of struct rtmsg in bytes. */
    private static final int ROUTE = 12;

    private static final int FLAGS = 8;

    private Replay() {}

    static MessageWriter address(byte[] payload, int index) {
        return new MessageWriter(Rtnl.RTM_NEWADDR, Rtnl.NLM_F_CREATE | Rtnl.NLM_F_REPLACE)
                .raw(Arrays.copyOf(payload, 4))
                .u32(index)
                .raw(new Attributes(payload, ADDRESS, payload.length).without());
    }

    static MessageWriter route(byte[] payload, int index) {
        return new MessageWriter(Rtnl.RTM_NEWROUTE, Rtnl.NLM_F_CREATE | Rtnl.NLM_F_EXCL)
                .raw(Arrays.copyOf(payload, FLAGS))
                // The other flags describe the route's current state, not its configuration.
                .u32(payload[FLAGS] & Rtnl.RTNH_F_ONLINK)
                .raw(new Attributes(payload, ROUTE, payload.length).without(Rtnl.RTA_OIF, Rtnl.RTA_CACHEINFO))
                .attribute32(Rtnl.RTA_OIF, index);
    }
}
