package io.jbox.nic;

import io.jbox.kernel.Kernel;
import io.jbox.netlink.Link;
import io.jbox.netlink.MessageWriter;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetlinkSocket;
import io.jbox.netlink.NetworkReader;
import io.jbox.number.Pid;
import io.jbox.problem.JboxException;
import io.jbox.state.FileLock;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Rtnl;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Brings lent interfaces back from a box and restores their names, alternative names, addresses, routes and state.
 *
 * <p>The box may have renamed an interface, changed its address, or moved it on to a network that it made. It is found
 * by properties that the box cannot change.
 */
public final class NicRecovery implements AutoCloseable {
    private final Kernel kernel;
    private final NicJournal journal;
    private final @Nullable NetworkHandle pinned;
    private final NetworkHandle home;
    private final String pinIdentity;
    private final NetlinkSocket host;
    private final NicSearch search;
    private final NicRestorer restorer;
    private final List<NetworkHandle> others = new ArrayList<>();

    /**
     * @param pin path of the box's network namespace
     * @param forges whether the box may have made interfaces itself
     */
    public NicRecovery(Kernel kernel, NicJournal journal, String pin, boolean forges) {
        this.kernel = kernel;
        this.journal = journal;
        this.pinned = NetworkHandle.find(kernel, pin);
        this.pinIdentity = NetworkHandle.identity(pin);
        this.home = NetworkHandle.host(kernel);
        this.host = NetlinkSocket.open(kernel);
        this.search = new NicSearch(host, home, forges);
        this.restorer = new NicRestorer(host);
    }

    /**
     * Keeps the networks of the box's processes open while these still live: a network made by the box would disappear
     * with the last process, and the interface with it.
     */
    public void hold(List<Pid> processes) {
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
        if (!nic.location().home().equals(NetworkHandle.identity("/proc/self/ns/net"))) {
            return new Homecoming(nic.name(), "", "belongs to another network than that of this command");
        }
        try {
            Homecoming homecoming = bring(nic);
            // Keep an interface in the journal that is not back, so that the next command tries again.
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
            away = search.findIn(pinned, nic, true);
            where = pinned;
        }
        for (int i = 0; away == null && i < others.size(); i++) {
            where = others.get(i);
            away = search.findIn(where, nic, false);
        }
        if (away == null || where == null) {
            Link here = search.awaitOnHost(nic);
            if (here != null) {
                return restorer.restore(nic, here);
            }
            return new Homecoming(
                    nic.name(),
                    "",
                    pinned != null && search.isInUnreachable(nic, pinned)
                            ? "is in an unreachable network made by the box"
                            : "is not in any network that can be found");
        }
        String name = restorer.freeName(nic.name());
        move(away, where, name);
        Link here = new NetworkReader(host).findLink(name);
        if (here == null || !nic.canBe(here)) {
            return new Homecoming(nic.name(), "", "was brought back, but has disappeared again");
        }
        return restorer.restore(nic, here);
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
                byte[] permanent = link.hwaddr().permanent();
                if (link.kind().isEmpty() && !link.isLoopback() && permanent != null) {
                    String name = restorer.freeName(link.name());
                    move(link, pinned, name);
                    done.add(new Homecoming(link.name(), name, "it was not moved by jbox: its addresses are unknown"));
                }
            }
        } catch (NetlinkException | JboxException e) {
            done.add(new Homecoming("interfaces", "", "cannot be brought back: " + e.getMessage()));
        }
        return done;
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
                NicRestorer.dropAltNames(socket, link.index(), link.altNames());
                socket.request(leave(link, name));
            }
        }
    }

    private MessageWriter leave(Link link, String name) {
        return MessageWriter.link(Rtnl.RTM_NEWLINK, 0, link.index())
                .attribute32(Rtnl.IFLA_NET_NS_FD, home.namespace().number())
                .attribute(Rtnl.IFLA_IFNAME, name);
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
