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
 * Brings interfaces home from a box, with all that they had: name, other names, addresses, routes, state.
 *
 * <p>The box may have renamed it, given it another address, or moved it on into a network of its own making. Where it is
 * is found by what the box cannot change.
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
     * @param forges whether the box may have made interfaces of its own
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
     * Keeps the networks that the box's processes are in while they still live: with the last of them a network of the
     * box's own making would go, and the interface with it.
     */
    public void hold(List<Integer> processes) {
        others.addAll(NetworkHandle.of(kernel, processes, pinIdentity));
    }

    /**
     * Brings home what is still away.
     *
     * @param only the name on the host of the one that is wanted; null for all
     * @return what was done, a line each
     */
    public List<Homecoming> recover(@Nullable String only) {
        return recover(only, false);
    }

    /**
     * The same for who will not look again.
     *
     * @param giveUp whether one that is in no network that can be found is forgotten
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
            return new Homecoming(nic.name(), "", "belongs to another network than the one this command is in");
        }
        try {
            Homecoming homecoming = bring(nic);
            // One that is not back is not forgotten: the next command looks again.
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
                            ? "is in a network that the box made and that nothing leads to"
                            : "is in no network that can be found");
        }
        String name = freeName(nic);
        move(away, where, name);
        Link here = new NetworkReader(host).findLink(name);
        if (here == null || !nic.canBe(here)) {
            return new Homecoming(nic.name(), "", "was brought back and is gone again");
        }
        return restore(nic, here);
    }

    /** One that never left, or that the kernel brings back with a network that has just died: that takes it a while. */
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
            // Of those that have no address of their own, many are alike.
            if (nic.hasPermanent()) {
                found = link;
            }
        }
        return found;
    }

    /**
     * What in a network is this interface.
     *
     * @param own whether it is the box's own, in which the interface's index is known
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
     * Whether it is this interface by what the box cannot forge: the address that hardware came with, or what it is connected to
     * in a network that the box has no rights in.
     *
     * @param sameIndex whether it has the index that it was given there
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

    /** By which id a network knows the one that the peer is in; -1 if it does not. */
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
     * Brings home hardware that somebody else has moved into the box's network ({@code ip link set eth1 netns NAME}). What it
     * was like before is not known.
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
                    done.add(new Homecoming(link.name(), name, "jbox had not moved it: its addresses are not known"));
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

    /** The name, or one like it where somebody has taken that meanwhile. */
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
            // Down first: some drivers refuse a new name while they are up.
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
                // An other name that the box gave it is one that the host has: those go, the host's are set again.
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
        // In a request to delete the same bits mean something else.
        int flags = type == Rtnl.RTM_NEWLINKPROP ? Rtnl.NLM_F_CREATE | Rtnl.NLM_F_EXCL : 0;
        MessageWriter message = MessageWriter.link(type, flags, index);
        int list = message.begin(Rtnl.IFLA_PROP_LIST | Rtnl.NLA_F_NESTED);
        return message.attribute(Rtnl.IFLA_ALT_IFNAME, name).end(list);
    }

    /** Gives back what moving takes, and takes back what the box gave. */
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
            // A single NUL takes it away.
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

    /** A route may need another one first: as long as some can be made, the others are tried again. */
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

    /** Returns whether it went well. */
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
