package io.jbox.life;

import io.jbox.kernel.Kernel;
import io.jbox.netlink.Link;
import io.jbox.netlink.MessageWriter;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetlinkSocket;
import io.jbox.netlink.NetworkReader;
import io.jbox.state.BoxSpec;
import io.jbox.uapi.Rtnl;
import java.io.File;
import java.util.List;

/**
 * Removes the host's ends of veths that still exist, as when another process keeps the network of the other ends open.
 * An interface that merely has the same name is left alone.
 */
final class VethRemoval {
    private VethRemoval() {}

    /** Removes veths with configured names, which the monitor leaves alone. */
    static void removeWritten(Kernel kernel, List<BoxSpec.Nic> nics) {
        for (BoxSpec.Nic nic : nics) {
            if (!nic.pairAddress().isEmpty()) {
                remove(kernel, List.of(nic));
            }
        }
    }

    static void remove(Kernel kernel, List<BoxSpec.Nic> nics) {
        for (BoxSpec.Nic nic : nics) {
            if (!nic.pair().isEmpty() && new File("/sys/class/net/" + nic.pair()).exists()) {
                remove(kernel, nic);
            }
        }
    }

    /** Whether jbox made this link. A random name is proof enough; a configured one needs the same hardware address. */
    private static boolean isOurs(Link link, BoxSpec.Nic nic) {
        return nic.pairAddress().isEmpty() || link.hardware().equals(nic.pairAddress());
    }

    private static void remove(Kernel kernel, BoxSpec.Nic nic) {
        try (NetlinkSocket socket = NetlinkSocket.open(kernel)) {
            Link link = new NetworkReader(socket).findLink(nic.pair());
            if (link != null && link.kind().equals("veth") && isOurs(link, nic)) {
                socket.request(MessageWriter.link(Rtnl.RTM_DELLINK, 0, link.index()));
            }
        } catch (NetlinkException e) {
            return; // gone meanwhile
        }
    }
}
