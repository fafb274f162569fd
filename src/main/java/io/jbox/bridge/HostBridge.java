package io.jbox.bridge;

import io.jbox.config.Bridge;
import io.jbox.config.IpAddress;
import io.jbox.config.IpPrefix;
import io.jbox.config.Value;
import io.jbox.facts.HardwareAddress;
import io.jbox.facts.NetworkFolders;
import io.jbox.kernel.Errno;
import io.jbox.kernel.Kernel;
import io.jbox.netlink.Address;
import io.jbox.netlink.Link;
import io.jbox.netlink.MessageWriter;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetlinkSocket;
import io.jbox.netlink.NetworkReader;
import io.jbox.netlink.Route;
import io.jbox.netlink.Rtnl;
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
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Brings a jbox bridge up and down: the interface, its address, forwarding, NAT, dnsmasq.
 *
 * <p>Each step checks whether it is done already, so that up completes a half-finished up or down. Changes to host
 * settings are recorded before they are made.
 */
public final class HostBridge {
    private static final String FORWARD_V4 = "/proc/sys/net/ipv4/ip_forward";
    private static final String FORWARD_V6 = "/proc/sys/net/ipv6/conf/all/forwarding";

    /** Written last: up is complete. */
    private static final String UP = "up";
    /** Written before the interface is made: jbox may delete it. */
    private static final String MADE = "made";
    /** The ports that a forced down has disconnected, one name per line. */
    private static final String CUT = "cut-off";

    private final Kernel kernel;
    private final Bridge bridge;
    private final List<Bridge> all;
    private final String root;
    private final String folder;
    private final PacketFilter filter;

    /** @param all of jbox's bridges, including this one */
    HostBridge(Kernel kernel, Bridge bridge, List<Bridge> all, NetworkFolders folders) {
        this.kernel = kernel;
        this.bridge = bridge;
        this.all = all;
        this.root = folders.state() + "/.net";
        this.folder = folders.of(bridge.name());
        this.filter = new PacketFilter(kernel, root);
    }

    public Bridge bridge() {
        return bridge;
    }

    Dnsmasq dnsmasq() {
        return new Dnsmasq(kernel, bridge, folder);
    }

    /** Whether dnsmasq serves it as far as required. */
    public boolean isServed() {
        return bridge.dhcp() && dnsmasq().find() != null;
    }

    /** Whether up has nothing to do; checks as little as possible. */
    boolean isUp(NetworkReader reader, @Nullable Link link) throws NetlinkException {
        return link != null
                && link.isUp()
                && new File(folder, UP).exists()
                && lost(reader, link).isEmpty()
                && (!bridge.nat() || filter.isProbablyThere());
    }

    /** What has been removed from a bridge that is up, except the rules, one line each. */
    private List<String> lost(NetworkReader reader, Link link) throws NetlinkException {
        List<String> lost = new ArrayList<>();
        List<Address> addresses = reader.addresses(link.index());
        for (IpPrefix prefix : networks()) {
            boolean there = false;
            for (Address address : addresses) {
                there |= Arrays.equals(address.local(), prefix.bytes());
            }
            if (!there) {
                lost.add("its address " + prefix);
            }
        }
        if (!isForwarding()) {
            lost.add("forwarding");
        }
        if (bridge.dhcp() && Dnsmasq.missing() == null && !dnsmasq().serves(link.index())) {
            lost.add("its dnsmasq");
        }
        return lost;
    }

    private boolean isForwarding() {
        try {
            return Files.readString(Path.of(FORWARD_V4)).startsWith("1")
                    && (bridge.ipv6() == null
                            || Files.readString(Path.of(FORWARD_V6)).startsWith("1"));
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Brings it up, or completes that.
     *
     * @return what the host lacks, one line each
     * @throws JboxException if that fails; with the place in the configuration if that is at fault
     */
    public List<String> up() {
        makeFolders();
        try (FileLock lock = new FileLock(kernel, root + "/lock");
                NetlinkSocket socket = NetlinkSocket.open(kernel)) {
            NetworkReader reader = new NetworkReader(socket);
            Link link = reader.findLink(bridge.name());
            if (link != null && !link.kind().equals("bridge")) {
                throw problem("the host has an interface of that name that is not a bridge");
            }
            refuseCovered(reader, link);
            link = make(socket, reader, link);
            addresses(socket, reader, link);
            join(socket, reader, link);
            forward();
            write("marked", "");
            filter.apply(marked());
            List<String> missing = new ArrayList<>();
            String lacking = filter.missing();
            if (lacking != null && bridge.nat()) {
                missing.add(lacking);
            }
            if (bridge.dhcp() && !dnsmasq().start(link.index())) {
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
                "choose another in \"bridges\" of " + NetworkFiles.configName()));
    }

    /** dnsmasq may pass through the folders above; nobody may list them. */
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

    /** Refuses a network that the host already reaches another way, and would be cut off from. */
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
                    throw problem(PacketFilter.network(network) + " overlaps with a route of the host: " + destination
                            + (link == null ? "" : " by " + link.name()));
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

    private Link make(NetlinkSocket socket, NetworkReader reader, @Nullable Link there) throws NetlinkException {
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
            throw problem("it was removed again");
        }
        trustNobody();
        floodMulticast(socket, link);
        if (!link.isUp()) {
            socket.request(new MessageWriter(Rtnl.RTM_NEWLINK, 0)
                    .u32(0)
                    .u32(link.index())
                    .u32(Rtnl.IFF_UP)
                    .u32(Rtnl.IFF_UP));
        }
        return link;
    }

    /**
     * Disables multicast snooping: with it, a box that pretends to be a router would get all multicast, and the others
     * would lose theirs.
     */
    private static void floodMulticast(NetlinkSocket socket, Link link) throws NetlinkException {
        MessageWriter forwarding = new MessageWriter(Rtnl.RTM_NEWLINK, 0)
                .u32(0)
                .u32(link.index())
                .u32(0)
                .u32(0);
        int kind = forwarding.begin(Rtnl.IFLA_LINKINFO | Rtnl.NLA_F_NESTED);
        int data = forwarding.attribute(Rtnl.IFLA_INFO_KIND, "bridge").begin(Rtnl.IFLA_INFO_DATA | Rtnl.NLA_F_NESTED);
        forwarding.attribute(Rtnl.IFLA_BR_MCAST_SNOOPING, new byte[] {0}).end(data);
        forwarding.end(kind);
        socket.request(forwarding);
    }

    /** Ignores router advertisements and redirects from boxes (CVE-2020-13401). */
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

    private void addresses(NetlinkSocket socket, NetworkReader reader, Link link) throws NetlinkException {
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

    /** Reconnects running boxes after their bridge was removed. */
    private void join(NetlinkSocket socket, NetworkReader reader, Link link) throws NetlinkException {
        Set<String> ports = new LinkedHashSet<>(readCut());
        ports.addAll(boxes().keySet());
        for (String port : ports) {
            Link pair = reader.findLink(port);
            if (pair != null && isOff(pair, link)) {
                socket.request(new MessageWriter(Rtnl.RTM_NEWLINK, 0)
                        .u32(0)
                        .u32(pair.index())
                        .u32(Rtnl.IFF_UP)
                        .u32(Rtnl.IFF_UP)
                        .attribute32(Rtnl.IFLA_MASTER, link.index()));
            }
        }
        delete(CUT);
    }

    /** Whether a box's end is down or on no bridge; an end on another bridge was moved deliberately. */
    private static boolean isOff(@Nullable Link pair, Link link) {
        return pair != null
                && pair.kind().equals("veth")
                && (pair.master() == 0 || pair.master() == link.index() && !pair.isUp());
    }

    private List<String> readCut() {
        try {
            Path file = Path.of(folder, CUT);
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            throw new JboxException("bridge " + bridge.name() + ": " + SystemError.of(e));
        }
    }

    /** The boxes that belong on it, by the names of the host's ends of their interfaces. */
    private Map<String, String> boxes() {
        Map<String, String> boxes = new LinkedHashMap<>();
        for (BoxRecord record : records()) {
            for (BoxRecord.Nic nic : record.spec().nics()) {
                if (isOn(nic)) {
                    boxes.put(nic.pair(), record.spec().name());
                }
            }
        }
        return boxes;
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
                continue; // commands on that box report it
            }
        }
        return records;
    }

    /** The ports in use, sorted: boxes by their names, other ports by theirs. */
    private List<String> users(NetworkReader reader, Link link) throws NetlinkException {
        Map<String, String> boxes = boxes();
        TreeSet<String> users = new TreeSet<>();
        for (Link port : reader.links()) {
            if (port.master() == link.index()) {
                users.add(boxes.getOrDefault(port.name(), port.name()));
            }
        }
        return List.copyOf(users);
    }

    private void forward() {
        forward(FORWARD_V4, "ip_forward");
        if (bridge.ipv6() != null) {
            forward(FORWARD_V6, "ip6_forward");
        }
    }

    /** Enables forwarding; the value from before the first jbox bridge is saved once for all of them. */
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

    /** The bridges that should have rules. */
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
     * The current state of the bridge.
     *
     * @param dnsmasq its process id; 0 if it is not running
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

    /** Reads the state without changing anything. */
    public Status status() {
        try (NetlinkSocket socket = NetlinkSocket.open(kernel)) {
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
            String lacking = filter.missing();
            if (lacking != null && bridge.nat()) {
                missing.add(lacking);
            }
            String dnsmasq = Dnsmasq.missing();
            if (dnsmasq != null && bridge.dhcp()) {
                missing.add(dnsmasq);
            }
            ProcessId process = dnsmasq().find();
            boolean marked = new File(folder, "marked").exists();
            boolean filtered = marked && bridge.nat() && lacking == null && filter.isThere();
            boolean wanted = new File(folder, UP).exists();
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
                for (Map.Entry<String, String> port : boxes().entrySet()) {
                    if (isOff(reader.findLink(port.getKey()), link)) {
                        lost.add("box " + port.getValue());
                    }
                }
                for (String what : lost) {
                    missing.add(what + ": jbox net up restores it");
                }
            }
            return new Status(
                    bridge.name(),
                    up,
                    addresses,
                    process == null ? 0 : process.pid(),
                    isForwarding(),
                    filtered,
                    missing);
        } catch (NetlinkException e) {
            throw new JboxException("bridge " + bridge.name() + ": " + e.getMessage());
        }
    }

    /** Describes an interface that is missing or down. */
    private String gone() {
        List<String> boxes = new ArrayList<>(boxes().values());
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
        makeFolders();
        try (FileLock lock = new FileLock(kernel, root + "/lock");
                NetlinkSocket socket = NetlinkSocket.open(kernel)) {
            NetworkReader reader = new NetworkReader(socket);
            Link link = reader.findLink(bridge.name());
            List<String> users = link == null ? List.of() : users(reader, link);
            if (!users.isEmpty() && !force) {
                throw new JboxException(
                        "bridge " + bridge.name() + ": is in use by " + String.join(", ", users),
                        "stop them first; or --force disconnects them until the bridge is up again");
            }
            delete(UP);
            if (link != null && !users.isEmpty()) {
                List<String> ports = new ArrayList<>();
                for (Link port : reader.links()) {
                    if (port.master() == link.index()) {
                        ports.add(port.name());
                    }
                }
                write(CUT, String.join("\n", ports));
            }
            dnsmasq().stop();
            delete("marked");
            List<Bridge> left = marked();
            filter.apply(left);
            // A bridge that existed before jbox is not deleted, whatever is connected to it.
            if (link != null && link.kind().equals("bridge") && new File(folder, MADE).exists()) {
                socket.request(MessageWriter.link(Rtnl.RTM_DELLINK, 0, link.index()));
            }
            delete(MADE);
            if (left.isEmpty()) {
                restoreForwarding(FORWARD_V4, "ip_forward");
                restoreForwarding(FORWARD_V6, "ip6_forward");
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
