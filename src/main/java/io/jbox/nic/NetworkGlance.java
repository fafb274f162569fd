package io.jbox.nic;

import io.jbox.config.IpAddress;
import io.jbox.kernel.Kernel;
import io.jbox.netlink.Address;
import io.jbox.netlink.Link;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetlinkSocket;
import io.jbox.netlink.NetworkReader;
import io.jbox.problem.JboxException;
import io.jbox.problem.Printable;
import io.jbox.uapi.Rtnl;
import java.util.ArrayList;
import java.util.List;

/**
 * A summary of a running box's network. A box may have any number of interfaces and addresses: only the first of them
 * are listed, and "…" for the others.
 *
 * @param interfaces their names, without lo
 * @param ipv4 addresses without prefix lengths, except those of host scope
 * @param ipv6 those of global scope
 */
public record NetworkGlance(List<String> interfaces, List<String> ipv4, List<String> ipv6) {
    /** Stands for whatever is not listed. */
    public static final String MORE = "…";

    private static final int MAX_SHOWN = 64;
    /** For a box that is not running, or has the host's network. */
    public static final NetworkGlance NOTHING = new NetworkGlance(List.of(), List.of(), List.of());

    /** @param init the box's first process; the summary is empty if its network cannot be read */
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
