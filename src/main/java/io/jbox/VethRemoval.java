package io.jbox;

import io.jbox.kernel.Kernel;
import io.jbox.netlink.MessageWriter;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.RouteSocket;
import io.jbox.netlink.Rtnl;
import io.jbox.state.BoxRecord;
import java.util.ArrayList;
import java.util.List;

/** Takes the host's ends of veths away where a monitor has not: somebody may keep the other ends' network. */
final class VethRemoval {
    private VethRemoval() {}

    static void remove(Kernel kernel, List<BoxRecord.Nic> nics) {
        List<MessageWriter> messages = new ArrayList<>();
        for (BoxRecord.Nic nic : nics) {
            if (!nic.pair().isEmpty()) {
                messages.add(MessageWriter.link(Rtnl.RTM_DELLINK, 0, 0).attribute(Rtnl.IFLA_IFNAME, nic.pair()));
            }
        }
        if (messages.isEmpty()) {
            return;
        }
        try (RouteSocket socket = RouteSocket.open(kernel)) {
            socket.requestAll(messages);
        } catch (NetlinkException e) {
            return; // gone already
        }
    }
}
