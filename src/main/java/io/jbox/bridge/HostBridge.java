package io.jbox.bridge;

import io.jbox.config.Bridge;
import io.jbox.config.IpPrefix;
import io.jbox.facts.NetworkFolders;
import io.jbox.kernel.Kernel;
import io.jbox.netlink.Link;
import io.jbox.netlink.MessageWriter;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetlinkSocket;
import io.jbox.netlink.NetworkReader;
import io.jbox.problem.JboxException;
import io.jbox.state.FileLock;
import io.jbox.state.ProcessId;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Rtnl;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Brings a jbox bridge up and down: the interface, its address, forwarding, NAT, dnsmasq.
 *
 * <p>Each step checks whether it is done already, so that up completes a half-finished up or down. Changes to host
 * settings are recorded before they are made ({@link BridgeFolder}).
 */
public final class HostBridge {
    /** What the kernel may take to remove the next interface of a box that has ended. */
    private static final long LEAVING_MILLIS = 1000;

    private static final long LOOK_MILLIS = 10;

    private final Kernel kernel;
    private final Bridge bridge;
    private final List<Bridge> all;
    private final NetworkFolders folders;
    private final BridgeFolder folder;
    private final PacketFilter filter;
    private final Forwarding forwarding;
    private final BridgePorts ports;
    private final BridgeLink own;

    /** @param all of jbox's bridges, including this one */
    HostBridge(Kernel kernel, Bridge bridge, List<Bridge> all, NetworkFolders folders) {
        String root = folders.state() + "/.net";
        this.kernel = kernel;
        this.bridge = bridge;
        this.all = all;
        this.folders = folders;
        this.folder = new BridgeFolder(bridge.name(), folders);
        this.filter = new PacketFilter(kernel, root);
        this.forwarding = new Forwarding(bridge, root);
        this.ports = new BridgePorts(kernel, bridge.name(), folders.state());
        this.own = new BridgeLink(bridge);
    }

    public Bridge bridge() {
        return bridge;
    }

    Dnsmasq dnsmasq() {
        return new Dnsmasq(kernel, bridge, folder.path());
    }

    /** Whether dnsmasq serves it as far as required. */
    public boolean isServed() {
        return bridge.dhcp() && dnsmasq().find() != null;
    }

    /** Whether up has nothing to do; checks as little as possible. */
    boolean isUp(NetworkReader reader, @Nullable Link link) throws NetlinkException {
        return link != null
                && link.isUp()
                && folder.has(BridgeFolder.UP)
                && lost(reader, link).isEmpty()
                && (!bridge.nat() || filter.isProbablyThere());
    }

    /**
     * What {@link #isUp} goes by, beside its interface.
     *
     * @param number of a box's interfaces: there are names of no more
     */
    void reliesOn(Reliance reliance, String box, int number) {
        reliance.present(folder.path() + "/" + BridgeFolder.UP);
        forwarding.reliesOn(reliance);
        if (bridge.nat()) {
            filter.reliesOn(reliance);
        }
        dnsmasq().reliesOn(reliance);
        dnsmasq().reliesOnNone(reliance, box, number);
    }

    /** What has been removed from a bridge that is up, except the rules, one line each. */
    private List<String> lost(NetworkReader reader, Link link) throws NetlinkException {
        List<String> lost = new ArrayList<>();
        for (IpPrefix prefix : own.lost(reader, link)) {
            lost.add("its address " + prefix);
        }
        if (!forwarding.isOn()) {
            lost.add("forwarding");
        }
        if (bridge.dhcp() && Dnsmasq.missing() == null && !dnsmasq().serves(link.index())) {
            lost.add("its dnsmasq");
        }
        return lost;
    }

    /**
     * Brings it up, or completes that.
     *
     * @return what the host lacks, one line each
     * @throws JboxException if that fails; with the place in the configuration if that is at fault
     */
    public List<String> up() {
        folder.make();
        try (FileLock lock = folder.lock(kernel);
                NetlinkSocket socket = NetlinkSocket.open(kernel)) {
            NetworkReader reader = new NetworkReader(socket);
            Link there = reader.findLink(bridge.name());
            own.check(reader, there);
            if (there == null) {
                folder.write(BridgeFolder.MADE, "");
            }
            Link link = own.make(socket, reader, there);
            own.address(socket, link);
            join(socket, reader, link);
            forwarding.enable();
            folder.write(BridgeFolder.MARKED, "");
            filter.apply(marked());
            List<String> missing = new ArrayList<>();
            String lacking = filter.missing();
            if (lacking != null && bridge.nat()) {
                missing.add(lacking);
            }
            if (bridge.dhcp() && !dnsmasq().start(link.index())) {
                missing.add(String.valueOf(Dnsmasq.missing()));
            }
            folder.write(BridgeFolder.UP, "");
            return missing;
        } catch (NetlinkException e) {
            throw new JboxException(
                    "bridge " + bridge.name() + ": " + e.getMessage(),
                    e.errno() == Errno.EPERM ? "jbox needs root for this: sudo jbox ..." : null);
        }
    }

    /** Reconnects running boxes after their bridge was removed. */
    private void join(NetlinkSocket socket, NetworkReader reader, Link link) throws NetlinkException {
        Set<String> cut = new LinkedHashSet<>(folder.lines(BridgeFolder.CUT));
        cut.addAll(ports.boxes().keySet());
        for (String port : cut) {
            BridgePorts.reconnect(socket, reader, port, link);
        }
        folder.delete(BridgeFolder.CUT);
    }

    /** The bridges that should have rules. */
    private List<Bridge> marked() {
        List<Bridge> marked = new ArrayList<>();
        for (Bridge one : all) {
            if (new BridgeFolder(one.name(), folders).has(BridgeFolder.MARKED)) {
                marked.add(one);
            }
        }
        return marked;
    }

    /** Reads the state without changing anything. */
    public BridgeStatus status() {
        try (NetlinkSocket socket = NetlinkSocket.open(kernel)) {
            NetworkReader reader = new NetworkReader(socket);
            Link link = reader.findLink(bridge.name());
            List<String> addresses = link == null ? List.of() : BridgeLink.addresses(reader, link);
            List<String> missing = new ArrayList<>();
            String lacking = filter.missing();
            if (lacking != null && bridge.nat()) {
                missing.add(lacking);
            }
            String dnsmasq = Dnsmasq.missing();
            if (dnsmasq != null && bridge.dhcp()) {
                missing.add(dnsmasq);
            }
            ProcessId process = dnsmasq().find();
            boolean marked = folder.has(BridgeFolder.MARKED);
            boolean filtered = marked && bridge.nat() && lacking == null && filter.isThere();
            boolean wanted = folder.has(BridgeFolder.UP);
            boolean up = link != null && link.isUp() && wanted;
            if (wanted && !up) {
                missing.add(gone());
            }
            for (String chain : up && bridge.nat() ? filter.dropping(bridge.name()) : List.<String>of()) {
                missing.add("outgoing connections may fail: chain " + chain + " drops by default and has no rule for "
                        + bridge.name());
            }
            if (link != null && up) {
                List<String> lost = lost(reader, link);
                if (bridge.nat() && lacking == null && !filtered) {
                    lost.add("jbox's rules");
                }
                for (String box : ports.disconnected(reader, link)) {
                    lost.add("box " + box);
                }
                for (String what : lost) {
                    missing.add(what + ": jbox net up restores it");
                }
            }
            return new BridgeStatus(
                    bridge.name(),
                    up,
                    addresses,
                    process == null ? 0 : process.pid().number(),
                    forwarding.isOn(),
                    filtered,
                    missing);
        } catch (NetlinkException e) {
            throw new JboxException("bridge " + bridge.name() + ": " + e.getMessage());
        }
    }

    /** Describes an interface that is missing or down. */
    private String gone() {
        List<String> boxes = new ArrayList<>(ports.boxes().values());
        return "the bridge itself"
                + (boxes.isEmpty() ? "" : " (cut off: " + String.join(", ", boxes) + ")")
                + ": jbox net up restores it";
    }

    /**
     * Removes the bridge completely, also the rest of an interrupted up or down.
     *
     * @param force whether connected boxes are cut off
     * @return what was cut off
     * @throws JboxException if there are connected boxes that must not be cut off
     */
    public List<String> down(boolean force) {
        folder.make();
        try (FileLock lock = folder.lock(kernel);
                NetlinkSocket socket = NetlinkSocket.open(kernel)) {
            NetworkReader reader = new NetworkReader(socket);
            Link link = reader.findLink(bridge.name());
            if (link != null && !force) {
                awaitLeaving(reader, link);
            }
            List<String> users = link == null ? List.of() : ports.users(reader, link);
            if (!users.isEmpty() && !force) {
                throw new JboxException(
                        "bridge " + bridge.name() + ": is in use by " + String.join(", ", users),
                        "stop them first; or --force disconnects them until the bridge is up again");
            }
            folder.delete(BridgeFolder.UP);
            if (link != null && !users.isEmpty()) {
                folder.write(BridgeFolder.CUT, String.join("\n", BridgePorts.names(reader, link)));
            }
            dnsmasq().stop();
            folder.delete(BridgeFolder.MARKED);
            List<Bridge> left = marked();
            filter.apply(left);
            // A bridge that existed before jbox is not deleted, whatever is connected to it.
            if (link != null && link.kind().equals("bridge") && folder.has(BridgeFolder.MADE)) {
                socket.request(MessageWriter.link(Rtnl.RTM_DELLINK, 0, link.index()));
            }
            folder.delete(BridgeFolder.MADE);
            if (left.isEmpty()) {
                forwarding.restore();
            }
            return users;
        } catch (NetlinkException e) {
            throw new JboxException("bridge " + bridge.name() + ": " + e.getMessage());
        }
    }

    /** Waits as long as the kernel removes interfaces of boxes that have ended. */
    private void awaitLeaving(NetworkReader reader, Link link) throws NetlinkException {
        int before = Integer.MAX_VALUE;
        long end = 0;
        for (int left = ports.leaving(reader, link); left > 0; left = ports.leaving(reader, link)) {
            if (left < before) {
                before = left;
                end = System.nanoTime() + LEAVING_MILLIS * 1_000_000;
            } else if (System.nanoTime() > end) {
                return;
            }
            try {
                Thread.sleep(LOOK_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
