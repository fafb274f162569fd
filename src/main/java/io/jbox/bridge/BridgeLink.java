package io.jbox.bridge;

import io.jbox.config.Bridge;
import io.jbox.config.IpAddress;
import io.jbox.config.IpPrefix;
import io.jbox.config.Value;
import io.jbox.facts.HardwareAddress;
import io.jbox.netlink.Address;
import io.jbox.netlink.Link;
import io.jbox.netlink.MessageWriter;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetlinkSocket;
import io.jbox.netlink.NetworkReader;
import io.jbox.netlink.Route;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.problem.SystemError;
import io.jbox.uapi.Rtnl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The interface of a bridge, and its addresses. */
final class BridgeLink {
    private final Bridge bridge;

    BridgeLink(Bridge bridge) {
        this.bridge = bridge;
    }

    private JboxException problem(String text) {
        return new JboxException(new Problem(
                "bridge " + bridge.name() + ": " + text,
                bridge.ipv4().place().isDefault() ? null : bridge.ipv4().place(),
                "choose another in \"bridges\" of " + NetworkFiles.configName()));
    }

    /** Refuses a host interface with the same name, and a network that the host already reaches another way. */
    void check(NetworkReader reader, @Nullable Link there) throws NetlinkException {
        if (there != null && !there.kind().equals("bridge")) {
            throw problem("the host has an interface of that name that is not a bridge");
        }
        refuseCovered(reader, there);
    }

    /** The host would be cut off from it. */
    private void refuseCovered(NetworkReader reader, @Nullable Link own) throws NetlinkException {
        for (Route route : reader.routes()) {
            if (route.table() != Rtnl.RT_TABLE_MAIN
                    || route.length() == 0
                    || own != null && route.index() == own.index()
                    || route.family() == Rtnl.AF_INET6 && (route.destination()[0] & 0xff) == 0xfe) {
                continue;
            }
            IpPrefix destination = new IpPrefix(
                    IpAddress.format(route.destination()),
                    route.family() == Rtnl.AF_INET ? IpPrefix.V4 : IpPrefix.V6,
                    route.length(),
                    null);
            for (IpPrefix network : networks()) {
                if (destination.contains(network.bytes()) || network.contains(destination.bytes())) {
                    Link link = route.index() == 0 ? null : reader.findLink(route.index());
                    throw problem(network.network() + " overlaps with a route of the host: " + destination
                            + (link == null ? "" : " by " + link.name()));
                }
            }
        }
    }

    private List<IpPrefix> networks() {
        Value<IpPrefix> ipv6 = bridge.ipv6();
        return ipv6 == null
                ? List.of(bridge.ipv4().get())
                : List.of(bridge.ipv4().get(), ipv6.get());
    }

    /** Makes it if it is not there, and brings it up. */
    Link make(NetlinkSocket socket, NetworkReader reader, @Nullable Link there) throws NetlinkException {
        if (there == null) {
            MessageWriter message = MessageWriter.link(Rtnl.RTM_NEWLINK, Rtnl.NLM_F_CREATE | Rtnl.NLM_F_EXCL, 0)
                    .attribute(Rtnl.IFLA_IFNAME, bridge.name())
                    .attribute32(Rtnl.IFLA_MTU, bridge.mtu())
                    .attribute(
                            Rtnl.IFLA_ADDRESS,
                            HardwareAddress.bytes(
                                    HardwareAddress.of(null, NetworkFiles.seed() + " bridge " + bridge.name())));
            int info = message.begin(Rtnl.IFLA_LINKINFO | Rtnl.NLA_F_NESTED);
            message.attribute(Rtnl.IFLA_INFO_KIND, "bridge").end(info);
            socket.request(message);
        }
        Link link = there == null ? reader.findLink(bridge.name()) : there;
        if (link == null) {
            throw problem("it was removed again");
        }
        trustNobody();
        floodMulticast(socket, link);
        if (!link.isUp()) {
            socket.request(new MessageWriter(Rtnl.RTM_NEWLINK, 0)
                    .u32(0)
                    .u32(link.index())
                    .u32(Rtnl.IFF_UP)
                    .u32(Rtnl.IFF_UP));
        }
        return link;
    }

    /**
     * Disables multicast snooping: with it, a box that pretends to be a router would get all multicast, and the others
     * would lose theirs.
     */
    private static void floodMulticast(NetlinkSocket socket, Link link) throws NetlinkException {
        MessageWriter forwarding = new MessageWriter(Rtnl.RTM_NEWLINK, 0)
                .u32(0)
                .u32(link.index())
                .u32(0)
                .u32(0);
        int kind = forwarding.begin(Rtnl.IFLA_LINKINFO | Rtnl.NLA_F_NESTED);
        int data = forwarding.attribute(Rtnl.IFLA_INFO_KIND, "bridge").begin(Rtnl.IFLA_INFO_DATA | Rtnl.NLA_F_NESTED);
        forwarding.attribute(Rtnl.IFLA_BR_MCAST_SNOOPING, new byte[] {0}).end(data);
        forwarding.end(kind);
        socket.request(forwarding);
    }

    /** Ignores router advertisements and redirects from boxes (CVE-2020-13401). */
    private void trustNobody() {
        for (String setting : List.of(
                "ipv6/conf/%s/accept_ra",
                "ipv6/conf/%s/autoconf", "ipv6/conf/%s/accept_redirects", "ipv4/conf/%s/accept_redirects")) {
            Path file = Path.of("/proc/sys/net/" + setting.replace("%s", bridge.name()));
            try {
                if (Files.exists(file)) {
                    Files.writeString(file, "0");
                }
            } catch (IOException e) {
                throw new JboxException("bridge " + bridge.name() + ": " + file + ": " + SystemError.of(e));
            }
        }
    }

    /** Gives it its addresses. */
    void address(NetlinkSocket socket, Link link) throws NetlinkException {
        for (IpPrefix prefix : networks()) {
            MessageWriter message = new MessageWriter(Rtnl.RTM_NEWADDR, Rtnl.NLM_F_CREATE | Rtnl.NLM_F_REPLACE)
                    .u8(prefix.family() == IpPrefix.V4 ? Rtnl.AF_INET : Rtnl.AF_INET6)
                    .u8(prefix.length())
                    .u8(prefix.family() == IpPrefix.V4 ? 0 : Rtnl.IFA_F_NODAD)
                    .u8(0)
                    .u32(link.index())
                    .attribute(Rtnl.IFA_LOCAL, prefix.bytes())
                    .attribute(Rtnl.IFA_ADDRESS, prefix.bytes());
            byte[] broadcast = prefix.broadcastBytes();
            if (broadcast != null) {
                message.attribute(Rtnl.IFA_BROADCAST, broadcast);
            }
            socket.request(message);
        }
    }

    /** Its addresses that are not there. */
    List<IpPrefix> lost(NetworkReader reader, Link link) throws NetlinkException {
        List<Address> addresses = reader.addresses(link.index());
        List<IpPrefix> lost = new ArrayList<>();
        for (IpPrefix prefix : networks()) {
            boolean there = false;
            for (Address address : addresses) {
                there |= Arrays.equals(address.local(), prefix.bytes());
            }
            if (!there) {
                lost.add(prefix);
            }
        }
        return lost;
    }

    /** The addresses that it has, except those of the link alone. */
    static List<String> addresses(NetworkReader reader, Link link) throws NetlinkException {
        List<String> addresses = new ArrayList<>();
        for (Address address : reader.addresses(link.index())) {
            if (address.scope() == Rtnl.RT_SCOPE_UNIVERSE) {
                addresses.add(IpAddress.format(address.local()) + "/" + address.length());
            }
        }
        return addresses;
    }
}
