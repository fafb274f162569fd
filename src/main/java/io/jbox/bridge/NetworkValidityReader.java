package io.jbox.bridge;

import io.jbox.config.IpPrefix;
import io.jbox.config.Net;
import io.jbox.config.Value;
import io.jbox.facts.NetworkFacts;
import io.jbox.facts.NetworkFolders;
import io.jbox.facts.NetworkValidity;
import io.jbox.kernel.Kernel;
import io.jbox.netlink.Address;
import io.jbox.netlink.Link;
import io.jbox.netlink.Message;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetworkReader;
import io.jbox.uapi.Rtnl;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Says what a box's names and addresses depend on in the host's network, for a start that does not look at all of it. */
final class NetworkValidityReader {
    /** The size of struct nlmsghdr in bytes: who has asked is in it. */
    private static final int HEADER = 16;
    /** Its fields for length and type. */
    private static final int COMPARED_HEADER = 6;

    private final Kernel kernel;
    private final NetworkFolders folders;
    private final Map<String, HostBridge> bridges;
    private final NetworkReader reader;
    private final Reliance reliance = new Reliance();

    /** @param bridges those that jbox manages, by name */
    NetworkValidityReader(
            Kernel kernel, NetworkFolders folders, Map<String, HostBridge> bridges, NetworkReader reader) {
        this.kernel = kernel;
        this.folders = folders;
        this.bridges = Map.copyOf(bridges);
        this.reader = reader;
    }

    /**
     * @param box what has the addresses
     * @return null if an interface is not there
     */
    @Nullable
    NetworkValidity read(String box, List<Net> nets, NetworkFacts facts) throws NetlinkException {
        reliance.file(folders.config());
        reliance.file(NetworkFiles.MACHINE_ID);
        List<String> known = new ArrayList<>();
        for (int i = 0; i < nets.size(); i++) {
            Net net = nets.get(i);
            Value<String> link = net.link();
            if (link == null) {
                continue;
            }
            if (!known.contains(link.get())) {
                known.add(link.get());
                Link found = reader.findLink(link.get());
                if (found == null) {
                    return null;
                }
                link(found, box, nets);
            }
            addresses(link.get(), net, facts.choices().get(i), new AddressBook.Owner(box, i));
        }
        return reliance.validity();
    }

    private void link(Link link, String box, List<Net> nets) throws NetlinkException {
        Map<Integer, NetworkValidity.Addresses> addresses = new TreeMap<>();
        addresses.put(IpPrefix.V4, addresses(link.index(), Rtnl.AF_INET));
        addresses.put(IpPrefix.V6, addresses(link.index(), Rtnl.AF_INET6));
        boolean inherited = false;
        for (Net net : nets) {
            Value<String> name = net.link();
            inherited |= name != null && name.get().equals(link.name()) && net.mtu() == null;
        }
        reliance.link(new NetworkValidity.Link(
                link.name(), link.index(), inherited ? link.mtu().bytes() : 0, addresses));
        HostBridge own = bridges.get(link.name());
        if (own != null) {
            own.reliesOn(reliance, box, nets.size());
        }
    }

    private NetworkValidity.Addresses addresses(int index, int family) throws NetlinkException {
        List<NetworkValidity.Piece> pieces = new ArrayList<>();
        int length = 0;
        for (Message message : reader.addressMessages(index)) {
            Address address = Address.parse(message);
            if (address == null || address.index() != index || address.family() != family) {
                continue;
            }
            byte[] payload = message.payload();
            byte[] header = new byte[COMPARED_HEADER];
            header[0] = (byte) (HEADER + payload.length);
            header[1] = (byte) (HEADER + payload.length >> Byte.SIZE);
            header[4] = (byte) Rtnl.RTM_NEWADDR;
            pieces.add(piece(length, header, 0, header.length));
            BitSet changing = Address.changing(message);
            for (int from = 0; from < payload.length; ) {
                int to = changing.nextSetBit(from);
                int end = to < 0 ? payload.length : Math.min(to, payload.length);
                pieces.add(piece(length + HEADER + from, payload, from, end));
                from = changing.nextClearBit(end);
            }
            length += HEADER + payload.length + 3 & ~3;
        }
        return new NetworkValidity.Addresses(length, List.copyOf(pieces));
    }

    private static NetworkValidity.Piece piece(int at, byte[] bytes, int from, int to) {
        return new NetworkValidity.Piece(at, HexFormat.of().formatHex(bytes, from, to));
    }

    /** The box has them, and its names are known. */
    private void addresses(String bridge, Net net, NetworkFacts.Choice choice, AddressBook.Owner owner) {
        if (net.isRouted()
                || choice.known() == null
                        && choice.ipv4() == null
                        && net.ipv4().addresses().isEmpty()) {
            return;
        }
        AddressBook book = new AddressBook(kernel, folders, bridge);
        boolean any = false;
        for (Value<IpPrefix> written : net.ipv4().addresses()) {
            if (!written.get().isAuto()) {
                reliance.line(book.of(written.get().text(), owner));
                any = true;
            }
        }
        IpPrefix chosen = choice.ipv4() == null ? choice.known() : choice.ipv4();
        if (!any && chosen != null) {
            reliance.line(book.of(chosen.text(), owner));
        }
        IpPrefix name = choice.known();
        HostBridge own = bridges.get(bridge);
        if (own != null && name != null) {
            own.dnsmasq().reliesOn(reliance, owner.box(), owner.number(), choice.leased());
        }
    }
}
