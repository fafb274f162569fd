package io.jbox.nic;

import io.jbox.netlink.Address;
import io.jbox.netlink.Link;
import io.jbox.netlink.Message;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetlinkSocket;
import io.jbox.netlink.NetworkReader;
import io.jbox.netlink.Route;
import io.jbox.uapi.Rtnl;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * A host interface as it was before it was lent to a box.
 *
 * @param location where it is
 * @param identity what it can be recognized by, whatever its name
 * @param settings that a box may change
 * @param addresses the kernel's own messages about them, in hex digits
 * @param routes likewise
 */
public record Nic(
        String name,
        List<String> altNames,
        Location location,
        Identity identity,
        Settings settings,
        List<String> addresses,
        List<String> routes) {
    /**
     * Where an interface is.
     *
     * @param home inode of the network that it belongs to
     * @param index on the host
     * @param inside its index in the box; 0 while unknown
     */
    public record Location(String home, int index, int inside) {}

    /**
     * What an interface can be recognized by.
     *
     * @param kind empty for hardware
     * @param address of the hardware, in hex digits
     * @param permanent the hardware's original address, in hex digits; empty if it has none
     * @param peer index of a veth's other end, or of the interface below; 0 for none, -1 if an earlier jbox did not
     *     record it
     * @param peerNamespace the host's id of the peer's network; -1 for the host's own
     */
    public record Identity(String kind, String address, String permanent, int peer, int peerNamespace) {}

    /**
     * What can be set.
     *
     * @param mtu in bytes
     * @param queueLength in packets
     * @param flags IFF_UP and others that can be set
     * @param group of interfaces that it is in
     * @param alias a text for people
     */
    public record Settings(int mtu, int queueLength, int flags, int group, String alias) {}

    /** Reads the present state of an interface. */
    static Nic read(NetlinkSocket host, Link link) throws NetlinkException {
        NetworkReader reader = new NetworkReader(host);
        List<String> addresses = new ArrayList<>();
        for (Message message : reader.addressMessages(link.index())) {
            Address address = Address.parse(message);
            if (address != null && address.index() == link.index()) {
                addresses.add(HexFormat.of().formatHex(message.payload()));
            }
        }
        List<String> routes = new ArrayList<>();
        for (Message message : reader.routeMessages()) {
            Route route = Route.parse(message);
            if (route != null && route.index() == link.index() && isToBeKept(route)) {
                routes.add(HexFormat.of().formatHex(message.payload()));
            }
        }
        byte[] permanent = link.hwaddr().permanent();
        return new Nic(
                link.name(),
                link.altNames(),
                new Location(NetworkHandle.identity("/proc/self/ns/net"), link.index(), 0),
                new Identity(
                        link.kind(),
                        HexFormat.of().formatHex(link.hwaddr().current()),
                        permanent == null ? "" : HexFormat.of().formatHex(permanent),
                        link.attachment().peer(),
                        link.attachment().peerNamespace()),
                new Settings(
                        link.mtu().bytes(),
                        link.settings().queueLength(),
                        link.flags() & Rtnl.IFF_SETTABLE,
                        link.settings().group(),
                        link.settings().alias()),
                List.copyOf(addresses),
                List.copyOf(routes));
    }

    /** Leaves out routes that the kernel adds with addresses, or learns. */
    private static boolean isToBeKept(Route route) {
        return route.protocol() != Rtnl.RTPROT_KERNEL
                && route.protocol() != Rtnl.RTPROT_RA
                && route.table() != Rtnl.RT_TABLE_LOCAL
                && (route.flags() & Rtnl.RTM_F_CLONED) == 0;
    }

    boolean isUp() {
        return (settings.flags & Rtnl.IFF_UP) != 0;
    }

    /** Returns the same with its index in the box's network. */
    Nic in(int newInside) {
        Location moved = new Location(location.home, location.index, newInside);
        return new Nic(name, altNames, moved, identity, settings, addresses, routes);
    }

    /**
     * Whether an interface can be this one, whatever its present name. Hardware is recognized by its original address;
     * other interfaces share the address of the one below, so the kind must match.
     */
    boolean canBe(Link link) {
        byte[] itsPermanent = link.hwaddr().permanent();
        if (!identity.kind.equals(link.kind())) {
            return false;
        }
        return identity.permanent.isEmpty()
                ? itsPermanent == null || itsPermanent.length == 0
                : itsPermanent != null && Arrays.equals(HexFormat.of().parseHex(identity.permanent), itsPermanent);
    }

    /** Whether its permanent hardware address, which nobody can change, is enough to recognize it. */
    boolean hasPermanent() {
        return !identity.permanent.isEmpty();
    }

    /** Whether it connects to nothing: mistaking a box's interface for it would do no harm. */
    boolean isAlone() {
        return identity.kind.equals("dummy") || identity.kind.equals("ifb");
    }

    /** Whether an interface has its former hardware address. */
    boolean hasAddressOf(Link link) {
        return HexFormat.of().formatHex(link.hwaddr().current()).equals(identity.address);
    }
}
