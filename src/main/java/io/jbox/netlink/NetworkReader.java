package io.jbox.netlink;

import io.jbox.uapi.Errno;
import io.jbox.uapi.Rtnl;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the interfaces, addresses and routes in a socket's network namespace. */
public final class NetworkReader {
    private final NetlinkSocket socket;

    public NetworkReader(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Finds an interface by its name; null if there is none. */
    public @Nullable Link findLink(String name) throws NetlinkException {
        return find(MessageWriter.link(Rtnl.RTM_GETLINK, 0, 0).attribute(Rtnl.IFLA_IFNAME, name));
    }

    /** Finds an interface by its index; null if there is none. */
    public @Nullable Link findLink(int index) throws NetlinkException {
        return find(MessageWriter.link(Rtnl.RTM_GETLINK, 0, index));
    }

    private @Nullable Link find(MessageWriter request) throws NetlinkException {
        try {
            return Link.parse(socket.get(request));
        } catch (NetlinkException e) {
            if (e.errno() == Errno.ENODEV || e.errno() == Errno.ENOENT) {
                return null;
            }
            throw e;
        }
    }

    /** All interfaces. */
    public List<Link> links() throws NetlinkException {
        return links(MessageWriter.link(Rtnl.RTM_GETLINK, 0, 0));
    }

    /**
     * All interfaces of another namespace.
     *
     * @param namespaceId this namespace's id of it
     */
    public List<Link> linksOf(int namespaceId) throws NetlinkException {
        return links(MessageWriter.link(Rtnl.RTM_GETLINK, 0, 0).attribute32(Rtnl.IFLA_TARGET_NETNSID, namespaceId));
    }

    private List<Link> links(MessageWriter request) throws NetlinkException {
        List<Link> links = new ArrayList<>();
        for (Message message : socket.dump(request)) {
            Link link = Link.parse(message);
            if (link != null) {
                links.add(link);
            }
        }
        return links;
    }

    /**
     * The kernel's messages for addresses.
     *
     * @param index of an interface, or 0 for all
     */
    public List<Message> addressMessages(int index) throws NetlinkException {
        return socket.dump(new MessageWriter(Rtnl.RTM_GETADDR, 0)
                .u8(Rtnl.AF_UNSPEC)
                .u8(0)
                .u16(0)
                .u32(index));
    }

    /** @param index of an interface, or 0 for all */
    public List<Address> addresses(int index) throws NetlinkException {
        List<Address> addresses = new ArrayList<>();
        for (Message message : addressMessages(index)) {
            Address address = Address.parse(message);
            if (address != null && (index == 0 || address.index() == index)) {
                addresses.add(address);
            }
        }
        return addresses;
    }

    /** The kernel's messages for routes. */
    public List<Message> routeMessages() throws NetlinkException {
        return socket.dump(new MessageWriter(Rtnl.RTM_GETROUTE, 0)
                .u8(Rtnl.AF_UNSPEC)
                .u8(0)
                .u16(0)
                .u32(0)
                .u32(0));
    }

    public List<Route> routes() throws NetlinkException {
        List<Route> routes = new ArrayList<>();
        for (Message message : routeMessages()) {
            Route route = Route.parse(message);
            if (route != null) {
                routes.add(route);
            }
        }
        return routes;
    }

    /**
     * An id of a network namespace.
     *
     * @param current this process's namespace's id of the same; -1 for none
     */
    public record NamespaceId(int id, int current) {}

    /**
     * The ids by which a namespace knows others.
     *
     * @param target our id of it; -1 for this process's own
     */
    public List<NamespaceId> namespaceIds(int target) throws NetlinkException {
        List<NamespaceId> ids = new ArrayList<>();
        // struct rtgenmsg: one byte, aligned.
        MessageWriter request = new MessageWriter(Rtnl.RTM_GETNSID, 0).u32(0);
        if (target >= 0) {
            request.attribute32(Rtnl.NETNSA_TARGET_NSID, target);
        }
        for (Message message : socket.dump(request)) {
            int id = message.attributes(Integer.BYTES).u32(Rtnl.NETNSA_NSID, -1);
            if (message.type() == Rtnl.RTM_NEWNSID && id >= 0) {
                ids.add(new NamespaceId(id, message.attributes(Integer.BYTES).u32(Rtnl.NETNSA_CURRENT_NSID, -1)));
            }
        }
        return ids;
    }

    /**
     * The id of one known namespace in another; -1 if it has none.
     *
     * @param id our id of the one
     * @param target our id of the other (Linux 4.20)
     */
    public int namespaceIdIn(int id, int target) throws NetlinkException {
        Message answer = socket.get(new MessageWriter(Rtnl.RTM_GETNSID, 0)
                .u32(0)
                .attribute32(Rtnl.NETNSA_NSID, id)
                .attribute32(Rtnl.NETNSA_TARGET_NSID, target));
        return answer.attributes(Integer.BYTES).u32(Rtnl.NETNSA_NSID, -1);
    }

    /**
     * This namespace's id of another; -1 if it has none.
     *
     * @param file descriptor of the other
     */
    public int namespaceId(int file) throws NetlinkException {
        Message answer =
                socket.get(new MessageWriter(Rtnl.RTM_GETNSID, 0).u32(0).attribute32(Rtnl.NETNSA_FD, file));
        return answer.attributes(Integer.BYTES).u32(Rtnl.NETNSA_NSID, -1);
    }
}
