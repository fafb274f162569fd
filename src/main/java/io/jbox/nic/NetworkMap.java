package io.jbox.nic;

import io.jbox.config.IpAddress;
import io.jbox.kernel.Kernel;
import io.jbox.netlink.Address;
import io.jbox.netlink.Link;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetlinkSocket;
import io.jbox.netlink.NetworkReader;
import io.jbox.problem.JboxException;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Rtnl;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Collects the interfaces of the host and of boxes, with their connections. */
public final class NetworkMap {
    private final Kernel kernel;
    private final List<HostLink> host = new ArrayList<>();
    private final Map<Integer, Link> byIndex = new HashMap<>();
    private final List<BoxLink> boxes = new ArrayList<>();

    private NetworkMap(Kernel kernel) {
        this.kernel = kernel;
    }

    /** The host's side, without boxes. */
    public static NetworkMap ofHost(Kernel kernel) {
        NetworkMap map = new NetworkMap(kernel);
        try (NetlinkSocket socket = NetlinkSocket.open(kernel)) {
            NetworkReader reader = new NetworkReader(socket);
            List<Link> links = reader.links();
            for (Link link : links) {
                map.byIndex.put(link.index(), link);
            }
            Map<Integer, List<String>> addresses = addresses(reader);
            for (Link link : links) {
                Link master = map.byIndex.get(link.attachment().master());
                map.host.add(new HostLink(
                        link, addresses.getOrDefault(link.index(), List.of()), master == null ? "" : master.name()));
            }
        } catch (NetlinkException e) {
            throw new JboxException("rtnetlink: " + e.getMessage());
        }
        return map;
    }

    private static Map<Integer, List<String>> addresses(NetworkReader reader) throws NetlinkException {
        Map<Integer, List<String>> addresses = new HashMap<>();
        for (Address address : reader.addresses(0)) {
            if (address.scope() == Rtnl.RT_SCOPE_UNIVERSE) {
                List<String> texts = addresses.getOrDefault(address.index(), new ArrayList<>());
                texts.add(IpAddress.format(address.local()) + "/" + address.length());
                addresses.put(address.index(), texts);
            }
        }
        return addresses;
    }

    /**
     * Adds a running box with all its interfaces except lo.
     *
     * @param init its first process
     * @param journal of the host interfaces lent to it
     * @return whether its network can be read
     */
    public boolean add(String box, int init, NicJournal journal) {
        NetworkHandle network = NetworkHandle.find(kernel, "/proc/" + init + "/ns/net");
        if (network == null) {
            return true;
        }
        List<Nic> lent = journal.read();
        try (network;
                NetlinkSocket socket = network.boundedSocket();
                NetlinkSocket second = network.boundedSocket()) {
            Map<Integer, List<String>> addresses = addresses(new NetworkReader(second));
            for (Link link : new NetworkReader(socket).links()) {
                if (link.isLoopback()) {
                    continue;
                }
                String from = "";
                for (Nic nic : lent) {
                    from = nic.canBe(link) && link.index() == nic.location().inside() ? nic.name() : from;
                }
                Link pair = byIndex.get(link.attachment().peer());
                boolean paired = pair != null
                        && link.kind().equals("veth")
                        && pair.kind().equals("veth")
                        && pair.attachment().peer() == link.index()
                        && link.attachment().peerNamespace() >= 0;
                Link bridge =
                        paired && pair != null ? byIndex.get(pair.attachment().master()) : null;
                boxes.add(new BoxLink(
                        box,
                        link,
                        addresses.getOrDefault(link.index(), List.of()),
                        paired && pair != null ? pair.name() : "",
                        bridge == null ? "" : bridge.name(),
                        from));
            }
            if (socket.isCutShort()) {
                boxes.add(new BoxLink(box, Link.named(NetworkGlance.MORE), List.of(), "", "", ""));
            }
        } catch (NetlinkException e) {
            if (e.errno() == Errno.EPERM) {
                return false;
            }
            throw new JboxException(box + ": rtnetlink: " + e.getMessage());
        }
        return true;
    }

    /** All interfaces of the host, in the kernel's order. */
    public List<HostLink> host() {
        return List.copyOf(host);
    }

    /** All interfaces of the added boxes. */
    public List<BoxLink> boxes() {
        return List.copyOf(boxes);
    }
}
