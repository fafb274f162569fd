package io.jbox.nic;

import io.jbox.netlink.Link;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetlinkSocket;
import io.jbox.netlink.NetworkReader;
import io.jbox.problem.JboxException;
import org.jspecify.annotations.Nullable;

/** Finds lent interfaces by what a box cannot change: it may have renamed them, or changed their addresses. */
final class NicSearch {
    private static final long CLEANUP_MILLIS = 5_000;
    private static final long PAUSE_MILLIS = 20;

    private final NetlinkSocket host;
    private final NetworkHandle home;
    private final boolean forges;

    /**
     * @param host a socket in the host's network
     * @param home that network
     * @param forges whether the box may have made interfaces itself
     */
    NicSearch(NetlinkSocket host, NetworkHandle home, boolean forges) {
        this.host = host;
        this.home = home;
        this.forges = forges;
    }

    /**
     * Waits for an interface that never left, or that the kernel returns from a network that has just ended, which
     * takes a while.
     */
    @Nullable
    Link awaitOnHost(Nic nic) throws NetlinkException {
        long end = System.currentTimeMillis() + (nic.identity().kind().isEmpty() ? CLEANUP_MILLIS : 0);
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
            if (link.name().equals(nic.name()) && link.index() == nic.location().index()) {
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
    @Nullable
    Link findIn(NetworkHandle network, Nic nic, boolean own) throws NetlinkException {
        try (NetlinkSocket socket = network.socket()) {
            NetworkReader reader = new NetworkReader(socket);
            Link sameIndex = own && nic.location().inside() != 0
                    ? reader.findLink(nic.location().inside())
                    : null;
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
        if (nic.identity().peer() < 0 || nic.identity().peer() == 0 && (nic.isAlone() || !forges)) {
            return alike;
        }
        return link.attachment().peer() == nic.identity().peer()
                && link.attachment().peerNamespace() >= 0
                && link.attachment().peerNamespace() == peerNamespaceIn(nic, network, there)
                && (alike || nic.identity().peer() > 0);
    }

    /** A network's id of the peer's network; -1 if it has none. */
    private int peerNamespaceIn(Nic nic, NetworkHandle network, NetworkReader there) throws NetlinkException {
        if (nic.identity().peerNamespace() < 0) {
            return there.namespaceId(home.namespace().number());
        }
        NetworkReader here = new NetworkReader(host);
        return here.namespaceIdIn(
                nic.identity().peerNamespace(),
                here.namespaceId(network.namespace().number()));
    }

    /** Whether it is in a network without a file or process, known to another one only by a number. */
    boolean isInUnreachable(Nic nic, NetworkHandle network) {
        try (NetlinkSocket socket = network.socket()) {
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
}
