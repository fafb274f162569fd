package io.jbox.nic;

import io.jbox.kernel.Errno;
import io.jbox.kernel.Kernel;
import io.jbox.netlink.Link;
import io.jbox.netlink.MessageWriter;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetlinkSocket;
import io.jbox.netlink.NetworkReader;
import io.jbox.netlink.Rtnl;
import io.jbox.problem.JboxException;
import io.jbox.state.FileLock;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Brings lent interfaces back from a box and restores their names, alternative names, addresses, routes and state.
 *
 * <p>The box may have renamed an interface, changed its address, or moved it on to a network that it made. It is found
 * by properties that the box cannot change.
 */
public final class NicRecovery implements AutoCloseable {
    private static final int MAX_NAME = 15;
    private static final long CLEANUP_MILLIS = 5_000;
    private static final long PAUSE_MILLIS = 20;

    private final Kernel kernel;
    private final NicJournal journal;
    private final @Nullable NetworkHandle pinned;
    private final NetworkHandle home;
    private final String pinIdentity;
    private final NetlinkSocket host;
    private final boolean forges;
    private final List<NetworkHandle> others = new ArrayList<>();

    /**
     * @param pin path of the box's network namespace
     * @param forges whether the box may have made interfaces itself
     */
    public NicRecovery(Kernel kernel, NicJournal journal, String pin, boolean forges) {
        this.forges = forges;
        this.kernel = kernel;
        this.journal = journal;
        this.pinned = NetworkHandle.find(kernel, pin);
        this.pinIdentity = NetworkHandle.identity(pin);
        this.home = NetworkHandle.host(kernel);
        this.host = NetlinkSocket.open(kernel);
    }

    /**
     * Keeps the networks of the box's processes open while these still live: a network made by the box would disappear
     * with the last process, and the interface with it.
     */
    public void hold(List<Integer> processes) {
        others.addAll(NetworkHandle.of(kernel, processes, pinIdentity));
    }

    /**
     * Brings back the interfaces that are still away.
     *
     * @param only the host name of the one to bring back; null for all
     * @return what was done, one line each
     */
    public List<Homecoming> recover(@Nullable String only) {
        return recover(only, false);
    }

    /**
     * The same for a caller that will not retry.
     *
     * @param giveUp whether to forget an interface that is in no known network
     */
    public List<Homecoming> recover(@Nullable String only, boolean giveUp) {
        List<Homecoming> done = new ArrayList<>();
        if (!journal.exists()) {
            return done;
        }
        try (FileLock lock = new FileLock(kernel, journal.lockFile())) {
            for (Nic nic : journal.read()) {
                if (only == null || only.equals(nic.name())) {
                    done.add(recover(nic, giveUp));
                }
            }
        }
        return done;
    }

    private Homecoming recover(Nic nic, boolean giveUp) {
        if (!nic.home().equals(NetworkHandle.identity("/proc/self/ns/net"))) {
            return new Homecoming(nic.name(), "", "belongs to another network than that of this command");
        }
        try {
            Homecoming homecoming = bring(nic);
            // Keep an interface that is not back: the next command tries again.
            if (!homecoming.name().isEmpty() || giveUp) {
                journal.forget(nic.name());
            }
            return homecoming;
        } catch (NetlinkException | JboxException e) {
            return new Homecoming(nic.name(), "", "cannot be brought back: " + e.getMessage());
        }
    }

    private Homecoming bring(Nic nic) throws NetlinkException {
        NetworkHandle where = null;
        Link away = null;
        if (pinned != null) {
            away = findIn(pinned, nic, true);
            where = pinned;
        }
        for (int i = 0; away == null && i < others.size(); i++) {
            where = others.get(i);
            away = findIn(where, nic, false);
        }
        if (away == null || where == null) {
            Link here = awaitOnHost(nic);
            if (here != null) {
                return restore(nic, here);
            }
            return new Homecoming(
                    nic.name(),
                    "",
                    isInUnreachable(nic)
                            ? "is in an unreachable network made by the box"
                            : "is not in any network that can be found");
        }
        String name = freeName(nic);
        move(away, where, name);
        Link here = new NetworkReader(host).findLink(name);
        if (here == null || !nic.canBe(here)) {
            return new Homecoming(nic.name(), "", "was brought back, but has disappeared again");
        }
        return restore(nic, here);
    }

    /**
     * Waits for an interface that never left, or that the kernel returns from a network that has just ended, which
     * takes a while.
     */
    private @Nullable Link awaitOnHost(Nic nic) throws NetlinkException {
        long end = System.currentTimeMillis() + (nic.kind().isEmpty() ? CLEANUP_MILLIS : 0);
        while (true) {
            Link here = findOnHost(nic);
            if (here != null || System.currentTimeMillis() >= end) {
                return here;
            }
            try {
                Thread.sleep(PAUSE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private @Nullable Link findOnHost(Nic nic) throws NetlinkException {
        Link found = null;
        for (Link link : new NetworkReader(host).links()) {
            if (!nic.canBe(link)) {
                continue;
            }
            if (link.name().equals(nic.name()) && link.index() == nic.index()) {
                return link;
            }
            // Among those without a permanent address, many look alike.
            if (nic.hasPermanent()) {
                found = link;
            }
        }
        return found;
    }

    /**
     * Finds this interface in a network.
     *
     * @param own whether it is the box's own network, in which the interface's index is known
     */
    private @Nullable Link findIn(NetworkHandle network, Nic nic, boolean own) throws NetlinkException {
        try (NetlinkSocket socket = network.socket()) {
            NetworkReader reader = new NetworkReader(socket);
            Link sameIndex = own && nic.inside() != 0 ? reader.findLink(nic.inside()) : null;
            if (sameIndex != null && nic.canBe(sameIndex) && isIt(nic, sameIndex, network, reader, true)) {
                return sameIndex;
            }
            Link found = null;
            for (Link link : reader.links()) {
                if (!link.isLoopback() && nic.canBe(link) && isIt(nic, link, network, reader, false)) {
                    found = link;
                }
            }
            return found;
        }
    }

    /**
     * Whether it is this interface, by what the box cannot forge: the permanent hardware address, or its peer in a
     * network over which the box has no rights.
     *
     * @param sameIndex whether it has the index that was recorded for it there
     */
    private boolean isIt(Nic nic, Link link, NetworkHandle network, NetworkReader there, boolean sameIndex)
            throws NetlinkException {
        if (nic.hasPermanent()) {
            return true;
        }
        boolean alike = sameIndex || nic.hasAddressOf(link);
        if (nic.peer() < 0 || nic.peer() == 0 && (nic.isAlone() || !forges)) {
            return alike;
        }
        return link.peer() == nic.peer()
                && link.peerNamespace() >= 0
                && link.peerNamespace() == peerNamespaceIn(nic, network, there)
                && (alike || nic.peer() > 0);
    }

    /** A network's id of the peer's network; -1 if it has none. */
    private int peerNamespaceIn(Nic nic, NetworkHandle network, NetworkReader there) throws NetlinkException {
        if (nic.peerNamespace() < 0) {
            return there.namespaceId(home.descriptor());
        }
        NetworkReader here = new NetworkReader(host);
        return here.namespaceIdIn(nic.peerNamespace(), here.namespaceId(network.descriptor()));
    }

    private boolean isInUnreachable(Nic nic) {
        if (pinned == null) {
            return false;
        }
        try (NetlinkSocket socket = pinned.socket()) {
            NetworkReader reader = new NetworkReader(socket);
            for (NetworkReader.NamespaceId id : reader.namespaceIds(-1)) {
                for (Link link : reader.linksOf(id.id())) {
                    if (nic.canBe(link) && (nic.hasPermanent() || nic.hasAddressOf(link))) {
                        return true;
                    }
                }
            }
            return false;
        } catch (NetlinkException | JboxException e) {
            return false;
        }
    }

    /**
     * Brings back hardware that others have moved into the box's network ({@code ip link set eth1 netns NAME}). Its
     * former settings are unknown.
     */
    public List<Homecoming> recoverStrays() {
        List<Homecoming> done = new ArrayList<>();
        if (pinned == null) {
            return done;
        }
        try (NetlinkSocket socket = pinned.socket()) {
            for (Link link : new NetworkReader(socket).links()) {
                byte[] permanent = link.permanent();
                if (link.kind().isEmpty() && !link.isLoopback() && permanent != null) {
                    String name = freeName(link.name());
                    move(link, pinned, name);
                    done.add(new Homecoming(link.name(), name, "it was not moved by jbox: its addresses are unknown"));
                }
            }
        } catch (NetlinkException | JboxException e) {
            done.add(new Homecoming("interfaces", "", "cannot be brought back: " + e.getMessage()));
        }
        return done;
    }

    private String freeName(Nic nic) throws NetlinkException {
        return freeName(nic.name());
    }

    /** Returns the name, or a similar one if it has been taken meanwhile. */
    private String freeName(String wanted) throws NetlinkException {
        NetworkReader reader = new NetworkReader(host);
        String name = wanted;
        for (int i = 1; reader.findLink(name) != null; i++) {
            String end = "_" + i;
            name = wanted.substring(0, Math.min(wanted.length(), MAX_NAME - end.length())) + end;
        }
        return name;
    }

    private void move(Link link, NetworkHandle from, String name) throws NetlinkException {
        try (NetlinkSocket socket = from.socket()) {
            // Set it down first: some drivers refuse to rename an interface that is up.
            socket.request(new MessageWriter(Rtnl.RTM_NEWLINK, 0)
                    .u32(0)
                    .u32(link.index())
                    .u32(0)
                    .u32(Rtnl.IFF_UP));
            try {
                socket.request(leave(link, name));
            } catch (NetlinkException e) {
                if (e.errno() != Errno.EEXIST) {
                    throw e;
                }
                // An alternative name given by the box may exist on the host: remove them, and set the host's again.
                dropAltNames(socket, link.index(), link.altNames());
                socket.request(leave(link, name));
            }
        }
    }

    private MessageWriter leave(Link link, String name) {
        return MessageWriter.link(Rtnl.RTM_NEWLINK, 0, link.index())
                .attribute32(Rtnl.IFLA_NET_NS_FD, home.descriptor())
                .attribute(Rtnl.IFLA_IFNAME, name);
    }

    private static void dropAltNames(NetlinkSocket socket, int index, List<String> names) {
        for (String name : names) {
            ignoreRefusal(socket, altName(Rtnl.RTM_DELLINKPROP, index, name));
        }
    }

    private static MessageWriter altName(int type, int index, String name) {
        // In a delete request the same bits have another meaning.
        int flags = type == Rtnl.RTM_NEWLINKPROP ? Rtnl.NLM_F_CREATE | Rtnl.NLM_F_EXCL : 0;
        MessageWriter message = MessageWriter.link(type, flags, index);
        int list = message.begin(Rtnl.IFLA_PROP_LIST | Rtnl.NLA_F_NESTED);
        return message.attribute(Rtnl.IFLA_ALT_IFNAME, name).end(list);
    }

    /** Restores what was lost by moving, and removes what the box added. */
    private Homecoming restore(Nic nic, Link link) throws NetlinkException {
        String name = link.name();
        if (!name.equals(nic.name())) {
            String wanted = freeName(nic);
            if (!wanted.equals(name) && (wanted.equals(nic.name()) || name.startsWith("dev"))) {
                MessageWriter rename =
                        MessageWriter.link(Rtnl.RTM_NEWLINK, 0, link.index()).attribute(Rtnl.IFLA_IFNAME, wanted);
                name = ignoreRefusal(host, rename) ? wanted : name;
            }
        }
        List<String> lost = new ArrayList<>();
        if (!link.hardware().equals(Link.hardware(HexFormat.of().parseHex(nic.address())))) {
            MessageWriter change = MessageWriter.link(Rtnl.RTM_NEWLINK, 0, link.index())
                    .attribute(Rtnl.IFLA_ADDRESS, HexFormat.of().parseHex(nic.address()));
            complain(change, "hardware address", lost);
        }
        if (link.mtu() != nic.mtu()) {
            complain(
                    MessageWriter.link(Rtnl.RTM_NEWLINK, 0, link.index()).attribute32(Rtnl.IFLA_MTU, nic.mtu()),
                    "mtu",
                    lost);
        }
        if (link.queueLength() != nic.queueLength()) {
            complain(
                    MessageWriter.link(Rtnl.RTM_NEWLINK, 0, link.index())
                            .attribute32(Rtnl.IFLA_TXQLEN, nic.queueLength()),
                    "queue length",
                    lost);
        }
        altNames(nic, link, lost);
        int flags = link.flags() & Rtnl.IFF_SETTABLE;
        if (nic.flags() != flags) {
            MessageWriter change = new MessageWriter(Rtnl.RTM_NEWLINK, 0)
                    .u32(0)
                    .u32(link.index())
                    .u32(nic.flags())
                    .u32(nic.flags() ^ flags);
            complain(change, "flags", lost);
        }
        if (link.group() != nic.group()) {
            complain(
                    MessageWriter.link(Rtnl.RTM_NEWLINK, 0, link.index()).attribute32(Rtnl.IFLA_GROUP, nic.group()),
                    "group",
                    lost);
        }
        if (!link.alias().equals(nic.alias())) {
            // A single NUL removes it.
            byte[] alias = (nic.alias().isEmpty() ? "\0" : nic.alias()).getBytes(StandardCharsets.UTF_8);
            complain(
                    MessageWriter.link(Rtnl.RTM_NEWLINK, 0, link.index()).attribute(Rtnl.IFLA_IFALIAS, alias),
                    "alias",
                    lost);
        }
        for (String address : nic.addresses()) {
            complain(Replay.address(HexFormat.of().parseHex(address), link.index()), "an address", lost);
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
                complain(altName(Rtnl.RTM_NEWLINKPROP, link.index(), name), "name " + name, lost);
            }
        }
    }

    /** Restores routes, which may depend on each other: failed ones are retried as long as others succeed. */
    private void routes(Nic nic, int index, List<String> lost) {
        List<String> left = new ArrayList<>(nic.isUp() ? nic.routes() : List.of());
        boolean progress = true;
        while (progress && !left.isEmpty()) {
            progress = left.removeIf(
                    route -> ignoreRefusal(host, Replay.route(HexFormat.of().parseHex(route), index)));
        }
        if (!left.isEmpty()) {
            lost.add(left.size() + " of its routes");
        }
    }

    private void complain(MessageWriter message, String what, List<String> lost) {
        if (!ignoreRefusal(host, message)) {
            lost.add(what);
        }
    }

    /** Returns whether the request succeeded. */
    private static boolean ignoreRefusal(NetlinkSocket socket, MessageWriter message) {
        try {
            socket.request(message);
            return true;
        } catch (NetlinkException e) {
            return e.errno() == Errno.EEXIST;
        }
    }

    @Override
    public void close() {
        host.close();
        home.close();
        if (pinned != null) {
            pinned.close();
        }
        others.forEach(NetworkHandle::close);
        others.clear();
    }
}
