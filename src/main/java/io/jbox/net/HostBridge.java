package io.jbox.net;

import io.jbox.config.Bridge;
import io.jbox.config.IpAddress;
import io.jbox.config.IpPrefix;
import io.jbox.config.Value;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Kernel;
import io.jbox.netlink.Address;
import io.jbox.netlink.Link;
import io.jbox.netlink.MessageWriter;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetworkReader;
import io.jbox.netlink.Route;
import io.jbox.netlink.RouteSocket;
import io.jbox.netlink.Rtnl;
import io.jbox.plan.HardwareAddress;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.problem.SystemError;
import io.jbox.state.BoxRecord;
import io.jbox.state.FileLock;
import io.jbox.state.ProcessId;
import io.jbox.state.StateFolder;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A bridge of jbox's own, brought up and down: the interface, its address, forwarding, the way out, dnsmasq.
 *
 * <p>Each step looks whether it is done already, so that up after a half-finished up or down does the rest. What was
 * changed of the host's, is written down first.
 */
public final class HostBridge {
    /** Written last: all was done. */
    private static final String UP = "up";
    /** Written before the interface is made: it is ours to delete. */
    private static final String MADE = "made";

    private final Kernel kernel;
    private final Bridge bridge;
    private final List<Bridge> all;
    private final String root;
    private final String folder;

    /** @param all of jbox's bridges, this one among them */
    HostBridge(Kernel kernel, Bridge bridge, List<Bridge> all, NetworkFolders folders) {
        this.kernel = kernel;
        this.bridge = bridge;
        this.all = all;
        this.root = folders.state() + "/.net";
        this.folder = folders.of(bridge.name());
    }

    public Bridge bridge() {
        return bridge;
    }

    Dnsmasq dnsmasq() {
        return new Dnsmasq(kernel, bridge, folder);
    }

    /** Whether dnsmasq serves it, as far as it should. */
    public boolean isServed() {
        return bridge.dhcp() && dnsmasq().find() != null;
    }

    /** Whether up has nothing to do; looks at as little as possible. */
    boolean isUp(@Nullable Link link) {
        return link != null
                && link.isUp()
                && new File(folder, UP).exists()
                && (!bridge.dhcp() || dnsmasq().find() != null || Dnsmasq.missing() != null);
    }

    /**
     * Brings it up, or the rest of it.
     *
     * @return what the host lacks, a line each
     * @throws JboxException if that cannot be; with the place in the configuration where it is at fault
     */
    public List<String> up() {
        makeFolders();
        try (FileLock lock = new FileLock(kernel, root + "/lock");
                RouteSocket socket = RouteSocket.open(kernel)) {
            NetworkReader reader = new NetworkReader(socket);
            Link link = reader.findLink(bridge.name());
            if (link != null && !link.kind().equals("bridge")) {
                throw problem("the host has an interface of that name that is no bridge");
            }
            refuseCovered(reader, link);
            link = make(socket, reader, link);
            addresses(socket, reader, link);
            join(socket, reader, link);
            forward();
            write("marked", "");
            PacketFilter filter = new PacketFilter();
            filter.apply(marked());
            List<String> missing = new ArrayList<>();
            String lacking = filter.missing();
            if (lacking != null && bridge.nat()) {
                missing.add(lacking);
            }
            if (bridge.dhcp() && !dnsmasq().start()) {
                missing.add(String.valueOf(Dnsmasq.missing()));
            }
            write(UP, "");
            return missing;
        } catch (NetlinkException e) {
            throw new JboxException(
                    "bridge " + bridge.name() + ": " + e.getMessage(),
                    e.errno() == Errno.EPERM ? "jbox needs root for this: sudo jbox ..." : null);
        }
    }

    private JboxException problem(String text) {
        return new JboxException(new Problem(
                "bridge " + bridge.name() + ": " + text,
                bridge.ipv4().place().isDefault() ? null : bridge.ipv4().place(),
                "another one: bridges in " + NetworkFiles.configName()));
    }

    /** The folders above are for dnsmasq to pass through, and for nobody to look into. */
    private void makeFolders() {
        for (String path : List.of(new File(root).getParent(), root, folder)) {
            File made = new File(path);
            if (made.mkdir()
                    && !(made.setExecutable(true, false)
                            && made.setReadable(false, false)
                            && made.setReadable(true, true))) {
                throw new JboxException(path + ": its mode cannot be set");
            }
            if (!made.isDirectory()) {
                throw new JboxException(path + ": cannot be made", "jbox needs root for this: sudo jbox ...");
            }
        }
    }

    /** A network that the host already reaches some other way would be cut off. */
    private void refuseCovered(NetworkReader reader, @Nullable Link own) throws NetlinkException {
        for (Route route : reader.routes()) {
            if (route.table() != Rtnl.RT_TABLE_MAIN
                    || route.length() == 0
                    || own != null && route.index() == own.index()
                    || route.family() == Rtnl.AF_INET6 && (route.destination()[0] & 0xff) == 0xfe) {
                continue;
            }
            IpPrefix destination = new IpPrefix(
                    IpAddress.format(route.destination()),
                    route.family() == Rtnl.AF_INET ? IpPrefix.V4 : IpPrefix.V6,
                    route.length(),
                    null);
            for (IpPrefix network : networks()) {
                if (destination.contains(network.bytes()) || network.contains(destination.bytes())) {
                    Link link = route.index() == 0 ? null : reader.findLink(route.index());
                    throw problem(PacketFilter.network(network) + " is where the host has a route already: "
                            + destination + (link == null ? "" : " by " + link.name()));
                }
            }
        }
    }

    private List<IpPrefix> networks() {
        Value<IpPrefix> ipv6 = bridge.ipv6();
        return ipv6 == null
                ? List.of(bridge.ipv4().get())
                : List.of(bridge.ipv4().get(), ipv6.get());
    }

    private Link make(RouteSocket socket, NetworkReader reader, @Nullable Link there) throws NetlinkException {
        if (there == null) {
            write(MADE, "");
            MessageWriter message = MessageWriter.link(Rtnl.RTM_NEWLINK, Rtnl.NLM_F_CREATE | Rtnl.NLM_F_EXCL, 0)
                    .attribute(Rtnl.IFLA_IFNAME, bridge.name())
                    .attribute32(Rtnl.IFLA_MTU, bridge.mtu())
                    .attribute(
                            Rtnl.IFLA_ADDRESS,
                            HardwareAddress.bytes(
                                    HardwareAddress.of(null, NetworkFiles.seed() + " bridge " + bridge.name())));
            int info = message.begin(Rtnl.IFLA_LINKINFO | Rtnl.NLA_F_NESTED);
            message.attribute(Rtnl.IFLA_INFO_KIND, "bridge").end(info);
            socket.request(message);
        }
        Link link = there == null ? reader.findLink(bridge.name()) : there;
        if (link == null) {
            throw problem("somebody has taken it away again");
        }
        trustNobody();
        if (!link.isUp()) {
            socket.request(new MessageWriter(Rtnl.RTM_NEWLINK, 0)
                    .u32(0)
                    .u32(link.index())
                    .u32(Rtnl.IFF_UP)
                    .u32(Rtnl.IFF_UP));
        }
        return link;
    }

    /** Boxes are no routers of the host's: what they advertise or redirect is not for it (CVE-2020-13401). */
    private void trustNobody() {
        for (String setting : List.of(
                "ipv6/conf/%s/accept_ra",
                "ipv6/conf/%s/autoconf", "ipv6/conf/%s/accept_redirects", "ipv4/conf/%s/accept_redirects")) {
            Path file = Path.of("/proc/sys/net/" + setting.replace("%s", bridge.name()));
            try {
                if (Files.exists(file)) {
                    Files.writeString(file, "0");
                }
            } catch (IOException e) {
                throw new JboxException("bridge " + bridge.name() + ": " + file + ": " + SystemError.of(e));
            }
        }
    }

    private void addresses(RouteSocket socket, NetworkReader reader, Link link) throws NetlinkException {
        for (IpPrefix prefix : networks()) {
            MessageWriter message = new MessageWriter(Rtnl.RTM_NEWADDR, Rtnl.NLM_F_CREATE | Rtnl.NLM_F_REPLACE)
                    .u8(prefix.family() == IpPrefix.V4 ? Rtnl.AF_INET : Rtnl.AF_INET6)
                    .u8(prefix.length())
                    .u8(prefix.family() == IpPrefix.V4 ? 0 : Rtnl.IFA_F_NODAD)
                    .u8(0)
                    .u32(link.index())
                    .attribute(Rtnl.IFA_LOCAL, prefix.bytes())
                    .attribute(Rtnl.IFA_ADDRESS, prefix.bytes());
            byte[] broadcast = prefix.broadcastBytes();
            if (broadcast != null) {
                message.attribute(Rtnl.IFA_BROADCAST, broadcast);
            }
            socket.request(message);
        }
    }

    /** Running boxes whose bridge was taken away under them are on it again. */
    private void join(RouteSocket socket, NetworkReader reader, Link link) throws NetlinkException {
        for (BoxRecord record : records()) {
            for (BoxRecord.Nic nic : record.spec().nics()) {
                Link pair = isOn(nic) ? reader.findLink(nic.pair()) : null;
                if (pair != null && pair.kind().equals("veth") && pair.master() == 0) {
                    socket.request(new MessageWriter(Rtnl.RTM_NEWLINK, 0)
                            .u32(0)
                            .u32(pair.index())
                            .u32(Rtnl.IFF_UP)
                            .u32(Rtnl.IFF_UP)
                            .attribute32(Rtnl.IFLA_MASTER, link.index()));
                }
            }
        }
    }

    private boolean isOn(BoxRecord.Nic nic) {
        return nic.type().equals("veth")
                && nic.link().equals(bridge.name())
                && !nic.pair().isEmpty();
    }

    private List<BoxRecord> records() {
        StateFolder state = new StateFolder(kernel, new File(root).getParent());
        List<BoxRecord> records = new ArrayList<>();
        for (String box : state.names()) {
            try {
                BoxRecord record = state.read(box);
                if (record != null) {
                    records.add(record);
                }
            } catch (StateFolder.DamagedException e) {
                continue; // whoever asks for the box is told
            }
        }
        return records;
    }

    /** Who is on it: boxes by their names, other ports by theirs, sorted. */
    private List<String> users(NetworkReader reader, Link link) throws NetlinkException {
        Map<String, String> boxes = new HashMap<>();
        for (BoxRecord record : records()) {
            for (BoxRecord.Nic nic : record.spec().nics()) {
                if (isOn(nic)) {
                    boxes.put(nic.pair(), record.spec().name());
                }
            }
        }
        TreeSet<String> users = new TreeSet<>();
        for (Link port : reader.links()) {
            if (port.master() == link.index()) {
                users.add(boxes.getOrDefault(port.name(), port.name()));
            }
        }
        return List.copyOf(users);
    }

    private void forward() {
        forward("/proc/sys/net/ipv4/ip_forward", "ip_forward");
        if (bridge.ipv6() != null) {
            forward("/proc/sys/net/ipv6/conf/all/forwarding", "ip6_forward");
        }
    }

    /** What it was before the first of jbox's bridges is remembered for all of them. */
    private void forward(String switchFile, String name) {
        try {
            Path remembered = Path.of(root, "." + name);
            String now = Files.readString(Path.of(switchFile)).strip();
            if (now.equals("1")) {
                return;
            }
            if (!Files.exists(remembered)) {
                Files.writeString(remembered, now);
            }
            Files.writeString(Path.of(switchFile), "1");
        } catch (IOException e) {
            throw new JboxException("bridge " + bridge.name() + ": " + switchFile + ": " + SystemError.of(e));
        }
    }

    /** Those whose rules are to be there. */
    private List<Bridge> marked() {
        List<Bridge> marked = new ArrayList<>();
        for (Bridge one : all) {
            if (new File(root + "/" + one.name(), "marked").exists()) {
                marked.add(one);
            }
        }
        return marked;
    }

    private void write(String name, String text) {
        try {
            Files.writeString(Path.of(folder, name), text);
        } catch (IOException e) {
            throw new JboxException("bridge " + bridge.name() + ": " + SystemError.of(e));
        }
    }

    /**
     * What is there of it.
     *
     * @param dnsmasq its process id; 0 if it does not run
     * @param missing what the host lacks
     */
    public record Status(
            String name,
            boolean isUp,
            List<String> addresses,
            int dnsmasq,
            boolean forwarding,
            boolean nat,
            List<String> missing) {}

    /** Looks, and changes nothing. */
    public Status status() {
        try (RouteSocket socket = RouteSocket.open(kernel)) {
            NetworkReader reader = new NetworkReader(socket);
            Link link = reader.findLink(bridge.name());
            List<String> addresses = new ArrayList<>();
            if (link != null) {
                for (Address address : reader.addresses(link.index())) {
                    if (address.scope() == Rtnl.RT_SCOPE_UNIVERSE) {
                        addresses.add(IpAddress.format(address.local()) + "/" + address.length());
                    }
                }
            }
            List<String> missing = new ArrayList<>();
            String filter = new PacketFilter().missing();
            if (filter != null && bridge.nat()) {
                missing.add(filter);
            }
            String dnsmasq = Dnsmasq.missing();
            if (dnsmasq != null && bridge.dhcp()) {
                missing.add(dnsmasq);
            }
            ProcessId process = dnsmasq().find();
            boolean marked = new File(folder, "marked").exists();
            if (marked && bridge.nat() && filter == null && !new PacketFilter().isThere()) {
                missing.add("jbox's rules, which somebody has flushed: jbox net up puts them back");
            }
            return new Status(
                    bridge.name(),
                    isUp(link),
                    addresses,
                    process == null ? 0 : process.pid(),
                    Files.readString(Path.of("/proc/sys/net/ipv4/ip_forward")).startsWith("1"),
                    marked && bridge.nat() && filter == null && new PacketFilter().isThere(),
                    missing);
        } catch (NetlinkException e) {
            throw new JboxException("bridge " + bridge.name() + ": " + e.getMessage());
        } catch (IOException e) {
            throw new JboxException("bridge " + bridge.name() + ": " + SystemError.of(e));
        }
    }

    /**
     * Takes all of it away, also what a killed up or down has left.
     *
     * @param force whether those that are on it are cut off
     * @return who was cut off
     * @throws JboxException if somebody is on it who is not to be cut off
     */
    public List<String> down(boolean force) {
        makeFolders();
        try (FileLock lock = new FileLock(kernel, root + "/lock");
                RouteSocket socket = RouteSocket.open(kernel)) {
            NetworkReader reader = new NetworkReader(socket);
            Link link = reader.findLink(bridge.name());
            List<String> users = link == null ? List.of() : users(reader, link);
            if (!users.isEmpty() && !force) {
                throw new JboxException(
                        "bridge " + bridge.name() + ": is in use by " + String.join(", ", users),
                        "stop them first; or --force cuts them off, until the bridge is up again");
            }
            delete(UP);
            dnsmasq().stop();
            delete("marked");
            List<Bridge> left = marked();
            new PacketFilter().apply(left);
            // One that was there before jbox is somebody else's, whatever hangs on it.
            if (link != null && link.kind().equals("bridge") && new File(folder, MADE).exists()) {
                socket.request(MessageWriter.link(Rtnl.RTM_DELLINK, 0, link.index()));
            }
            delete(MADE);
            if (left.isEmpty()) {
                restoreForwarding("/proc/sys/net/ipv4/ip_forward", "ip_forward");
                restoreForwarding("/proc/sys/net/ipv6/conf/all/forwarding", "ip6_forward");
            }
            return users;
        } catch (NetlinkException e) {
            throw new JboxException("bridge " + bridge.name() + ": " + e.getMessage());
        }
    }

    private void restoreForwarding(String switchFile, String name) {
        Path remembered = Path.of(root, "." + name);
        try {
            if (Files.exists(remembered)) {
                Files.writeString(Path.of(switchFile), Files.readString(remembered));
                Files.delete(remembered);
            }
        } catch (IOException e) {
            throw new JboxException("bridge " + bridge.name() + ": " + switchFile + ": " + SystemError.of(e));
        }
    }

    private void delete(String name) {
        File file = new File(folder, name);
        if (!file.delete() && file.exists()) {
            throw new JboxException(file + ": cannot be removed");
        }
    }
}
