package io.jbox.nic;

import io.jbox.config.IpAddress;
import io.jbox.kernel.Kernel;
import io.jbox.netlink.Address;
import io.jbox.netlink.Link;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetlinkSocket;
import io.jbox.netlink.NetworkReader;
import io.jbox.netlink.Rtnl;
import io.jbox.problem.JboxException;
import io.jbox.problem.Printable;
import java.util.ArrayList;
import java.util.List;

/**
 * What a running box's network shows at a glance. A box may have as many interfaces and addresses as it likes: who lists
 * boxes sees the first of them, and "…" for the others.
 *
 * @param interfaces their names, without lo
 * @param ipv4 addresses without prefix lengths, but for the host's own scope
 * @param ipv6 those of global scope
 */
public record NetworkGlance(List<String> interfaces, List<String> ipv4, List<String> ipv6) {
    /** Stands for all that is not shown. */
    public static final String MORE = "…";

    private static final int MAX_SHOWN = 64;
    /** Of a box that does not run, or has the host's network. */
    public static final NetworkGlance NOTHING = new NetworkGlance(List.of(), List.of(), List.of());

    /** @param init the first process of the box; nothing is shown of one whose network may not be looked at */
    public static NetworkGlance of(Kernel kernel, int init) {
        NetworkHandle network = NetworkHandle.find(kernel, "/proc/" + init + "/ns/net");
        if (network == null) {
            return NOTHING;
        }
        try (network) {
            List<String> interfaces = new ArrayList<>();
            List<String> ipv4 = new ArrayList<>();
            List<String> ipv6 = new ArrayList<>();
            try (NetlinkSocket socket = network.boundedSocket()) {
                for (Link link : new NetworkReader(socket).links()) {
                    if (!link.isLoopback()) {
                        add(Printable.of(link.name()), interfaces);
                    }
                }
                addMore(socket, interfaces);
            }
            try (NetlinkSocket socket = network.boundedSocket()) {
                for (Address address : new NetworkReader(socket).addresses(0)) {
                    boolean four = address.family() == Rtnl.AF_INET;
                    if (four ? address.scope() != Rtnl.RT_SCOPE_HOST : address.scope() == Rtnl.RT_SCOPE_UNIVERSE) {
                        add(IpAddress.format(address.local()), four ? ipv4 : ipv6);
                    }
                }
                addMore(socket, ipv4);
            }
            return new NetworkGlance(interfaces, ipv4, ipv6);
        } catch (NetlinkException | JboxException e) {
            return NOTHING;
        }
    }

    private static void add(String text, List<String> shown) {
        if (shown.size() < MAX_SHOWN) {
            shown.add(text);
        } else if (shown.size() == MAX_SHOWN) {
            shown.add(MORE);
        }
    }

    private static void addMore(NetlinkSocket socket, List<String> shown) {
        if (socket.isCutShort() && !shown.contains(MORE)) {
            shown.add(MORE);
        }
    }
}
