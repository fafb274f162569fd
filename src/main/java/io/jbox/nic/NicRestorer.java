package io.jbox.nic;

import io.jbox.netlink.Link;
import io.jbox.netlink.MessageWriter;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetlinkSocket;
import io.jbox.netlink.NetworkReader;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Rtnl;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Gives an interface that is back on the host the settings that it had before it was lent. */
final class NicRestorer {
    private static final int MAX_NAME = 15;

    private final NetlinkSocket host;

    /** @param host a socket in the host's network */
    NicRestorer(NetlinkSocket host) {
        this.host = host;
    }

    /** Restores what was lost by moving, and removes what the box added. */
    Homecoming restore(Nic nic, Link link) throws NetlinkException {
        String name = link.name();
        if (!name.equals(nic.name())) {
            String wanted = freeName(nic.name());
            if (!wanted.equals(name) && (wanted.equals(nic.name()) || name.startsWith("dev"))) {
                MessageWriter rename =
                        MessageWriter.link(Rtnl.RTM_NEWLINK, 0, link.index()).attribute(Rtnl.IFLA_IFNAME, wanted);
                name = tryRequest(host, rename) ? wanted : name;
            }
        }
        List<String> lost = new ArrayList<>();
        if (!link.hardware()
                .equals(Link.hardware(HexFormat.of().parseHex(nic.identity().address())))) {
            MessageWriter change = MessageWriter.link(Rtnl.RTM_NEWLINK, 0, link.index())
                    .attribute(
                            Rtnl.IFLA_ADDRESS,
                            HexFormat.of().parseHex(nic.identity().address()));
            change(change, "hardware address", lost);
        }
        if (link.mtu().bytes() != nic.settings().mtu()) {
            change(
                    MessageWriter.link(Rtnl.RTM_NEWLINK, 0, link.index())
                            .attribute32(Rtnl.IFLA_MTU, nic.settings().mtu()),
                    "mtu",
                    lost);
        }
        if (link.settings().queueLength() != nic.settings().queueLength()) {
            change(
                    MessageWriter.link(Rtnl.RTM_NEWLINK, 0, link.index())
                            .attribute32(Rtnl.IFLA_TXQLEN, nic.settings().queueLength()),
                    "queue length",
                    lost);
        }
        altNames(nic, link, lost);
        int flags = link.flags() & Rtnl.IFF_SETTABLE;
        if (nic.settings().flags() != flags) {
            MessageWriter change = new MessageWriter(Rtnl.RTM_NEWLINK, 0)
                    .u32(0)
                    .u32(link.index())
                    .u32(nic.settings().flags())
                    .u32(nic.settings().flags() ^ flags);
            change(change, "flags", lost);
        }
        if (link.settings().group() != nic.settings().group()) {
            change(
                    MessageWriter.link(Rtnl.RTM_NEWLINK, 0, link.index())
                            .attribute32(Rtnl.IFLA_GROUP, nic.settings().group()),
                    "group",
                    lost);
        }
        if (!link.settings().alias().equals(nic.settings().alias())) {
            // A single NUL removes it.
            byte[] alias =
                    (nic.settings().alias().isEmpty() ? "\0" : nic.settings().alias()).getBytes(StandardCharsets.UTF_8);
            change(
                    MessageWriter.link(Rtnl.RTM_NEWLINK, 0, link.index()).attribute(Rtnl.IFLA_IFALIAS, alias),
                    "alias",
                    lost);
        }
        for (String address : nic.addresses()) {
            change(Replay.address(HexFormat.of().parseHex(address), link.index()), "an address", lost);
        }
        routes(nic, link.index(), lost);
        String note = lost.isEmpty() ? "" : "without " + String.join(", ", lost);
        return new Homecoming(nic.name(), name, note);
    }

    private void altNames(Nic nic, Link link, List<String> lost) {
        List<String> alien = new ArrayList<>(link.altNames());
        alien.removeAll(nic.altNames());
        dropAltNames(host, link.index(), alien);
        for (String name : nic.altNames()) {
            if (!link.altNames().contains(name)) {
                change(altName(Rtnl.RTM_NEWLINKPROP, link.index(), name), "name " + name, lost);
            }
        }
    }

    /** Restores routes, which may depend on each other: failed ones are retried as long as others succeed. */
    private void routes(Nic nic, int index, List<String> lost) {
        List<String> left = new ArrayList<>(nic.isUp() ? nic.routes() : List.of());
        boolean progress = true;
        while (progress && !left.isEmpty()) {
            progress = left.removeIf(
                    route -> tryRequest(host, Replay.route(HexFormat.of().parseHex(route), index)));
        }
        if (!left.isEmpty()) {
            lost.add(left.size() + " of its routes");
        }
    }

    private void change(MessageWriter message, String what, List<String> lost) {
        if (!tryRequest(host, message)) {
            lost.add(what);
        }
    }

    /** Returns whether what was requested is so now. */
    private static boolean tryRequest(NetlinkSocket socket, MessageWriter message) {
        try {
            socket.request(message);
            return true;
        } catch (NetlinkException e) {
            return e.errno() == Errno.EEXIST;
        }
    }

    /** Returns the name, or a similar one if it has been taken meanwhile. */
    String freeName(String wanted) throws NetlinkException {
        NetworkReader reader = new NetworkReader(host);
        String name = wanted;
        for (int i = 1; reader.findLink(name) != null; i++) {
            String end = "_" + i;
            name = wanted.substring(0, Math.min(wanted.length(), MAX_NAME - end.length())) + end;
        }
        return name;
    }

    /** Removes alternative names of an interface. */
    static void dropAltNames(NetlinkSocket socket, int index, List<String> names) {
        for (String name : names) {
            tryRequest(socket, altName(Rtnl.RTM_DELLINKPROP, index, name));
        }
    }

    private static MessageWriter altName(int type, int index, String name) {
        // In a delete request the same bits have another meaning.
        int flags = type == Rtnl.RTM_NEWLINKPROP ? Rtnl.NLM_F_CREATE | Rtnl.NLM_F_EXCL : 0;
        MessageWriter message = MessageWriter.link(type, flags, index);
        int list = message.begin(Rtnl.IFLA_PROP_LIST | Rtnl.NLA_F_NESTED);
        return message.attribute(Rtnl.IFLA_ALT_IFNAME, name).end(list);
    }
}
