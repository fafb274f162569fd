package io.jbox.bridge;

import io.jbox.config.Bridge;
import io.jbox.config.IpAddress;
import io.jbox.config.IpPrefix;
import io.jbox.config.Net;
import io.jbox.config.NetType;
import io.jbox.config.Value;
import io.jbox.facts.HardwareAddress;
import io.jbox.facts.NetworkFacts;
import io.jbox.facts.NetworkFolders;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.netlink.Address;
import io.jbox.netlink.Link;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetworkReader;
import io.jbox.netlink.Route;
import io.jbox.nic.Nic;
import io.jbox.nic.NicJournal;
import io.jbox.uapi.Rtnl;
import java.io.File;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reads the host's network for one box, and chooses the box's names and addresses. */
final class NetworkFactsReader {
    private static final String PAIR = "veth";
    private static final byte LOOPBACK = 127;
    private static final int PAIR_DIGITS = 6;
    private static final int PAIR_RADIX = 36;

    private final Kernel kernel;
    private final NetworkFolders folders;
    private final Networks networks;
    private final String box;
    private final List<Net> nets;
    private final int first;
    private final boolean claim;
    private final boolean asks;
    private final Predicate<String> running;
    private final NetworkReader reader;
    /** Whether the box has a default route, or gets one: a later interface does not add another. */
    private boolean hasWayOut;

    private final String seed;
    private final Map<String, NetworkFacts.LinkFacts> links = new HashMap<>();
    private final List<String> down = new ArrayList<>();
    private final Map<String, String> owners = new HashMap<>();

    /**
     * @param running tells whether a box is running
     * @param reader of the host
     */
    NetworkFactsReader(
            Kernel kernel,
            NetworkFolders folders,
            Networks networks,
            Networks.Wanted wanted,
            Networks.Purpose purpose,
            Predicate<String> running,
            NetworkReader reader) {
        this.kernel = kernel;
        this.folders = folders;
        this.networks = networks;
        this.box = wanted.box();
        this.nets = wanted.nets();
        this.first = wanted.first();
        this.claim = purpose != Networks.Purpose.LOOK;
        this.asks = wanted.asks();
        this.running = running;
        this.reader = reader;
        this.hasWayOut = first > 0;
        for (Net net : nets) {
            hasWayOut |= net.ipv4().gateway() != null;
        }
        // Two concurrent commands in the same box need different addresses on the bridge.
        this.seed = purpose == Networks.Purpose.RUN
                ? Long.toString(System.nanoTime())
                : NetworkFiles.seed() + (purpose == Networks.Purpose.SLOT ? " " + box : "");
    }

    NetworkFacts read() throws NetlinkException {
        for (Net net : nets) {
            look(net.link(), true);
            look(net.options().vethPair(), false);
        }
        List<NetworkFacts.Choice> choices = new ArrayList<>();
        for (int i = 0; i < nets.size(); i++) {
            choices.add(choose(nets.get(i), first + i));
        }
        return new NetworkFacts(seed, links, down, choices, owners, lent(), own());
    }

    private void look(@Nullable Value<String> name, boolean isLink) throws NetlinkException {
        if (name == null || links.containsKey(name.get())) {
            return;
        }
        Link found = reader.findLink(name.get());
        // The kernel also finds it by its alternative names, but jbox uses only the main one.
        Link link = found != null && found.name().equals(name.get()) ? found : null;
        HostBridge own = isLink ? networks.findBridge(name.get()) : null;
        if (own != null && !own.isUp(reader, link)) {
            down.add(name.get());
            links.put(name.get(), planned(own.bridge()));
        } else if (link != null) {
            links.put(name.get(), facts(link));
        }
    }

    private NetworkFacts.LinkFacts planned(Bridge bridge) {
        Value<IpPrefix> ipv6 = bridge.ipv6();
        return new NetworkFacts.LinkFacts(
                "bridge",
                (int) bridge.mtu(),
                0,
                0,
                false,
                false,
                "",
                ipv6 == null
                        ? List.of(bridge.ipv4().get())
                        : List.of(bridge.ipv4().get(), ipv6.get()));
    }

    private NetworkFacts.LinkFacts facts(Link link) throws NetlinkException {
        List<IpPrefix> addresses = new ArrayList<>();
        if (link.kind().equals("bridge")) {
            for (Address address : reader.addresses(link.index())) {
                if (address.scope() == Rtnl.RT_SCOPE_UNIVERSE) {
                    addresses.add(new IpPrefix(
                            IpAddress.format(address.local()),
                            address.family() == Rtnl.AF_INET ? IpPrefix.V4 : IpPrefix.V6,
                            address.length(),
                            null));
                }
            }
        }
        Link master = link.attachment().master() == 0
                ? null
                : reader.findLink(link.attachment().master());
        return new NetworkFacts.LinkFacts(
                link.kind(),
                link.mtu().bytes(),
                link.mtu().least(),
                link.mtu().most(),
                link.isLoopback(),
                new File("/sys/class/net/" + link.name() + "/phy80211").exists(),
                master == null ? "" : master.name(),
                addresses);
    }

    private NetworkFacts.Choice choose(Net net, int number) {
        Value<String> written = net.options().vethPair();
        String pair = !net.is(NetType.VETH) ? "" : written != null ? written.get() : randomPair();
        Value<String> linkName = net.link();
        NetworkFacts.LinkFacts link = linkName == null ? null : links.get(linkName.get());
        IpPrefix network = link == null ? null : link.findAddress(IpPrefix.V4);
        if (!net.is(NetType.VETH) || net.isRouted() || linkName == null || link == null || network == null) {
            return new NetworkFacts.Choice(pair, null, chooseV6(net, number, link), null, false, false, null, false);
        }
        HostBridge own = networks.findBridge(linkName.get());
        boolean auto = isAuto(net.ipv4().addresses());
        boolean nothing = net.ipv4().addresses().isEmpty();
        AddressBook book = new AddressBook(kernel, folders, linkName.get());
        AddressClaim asked = new AddressClaim(book, new AddressBook.Owner(box, number), net, claim, running);
        IpPrefix address = auto || nothing && own != null ? asked.choose(network) : asked.note(owners);
        boolean served = own != null && (down.contains(linkName.get()) ? Dnsmasq.missing() == null : own.isServed());
        boolean leased = nothing && asks && (own == null || served);
        return new NetworkFacts.Choice(
                pair,
                (auto || nothing) && !leased ? address : null,
                chooseV6(net, number, link),
                own == null ? null : address,
                leased,
                nothing && !leased && own != null && net.up().get() && takesWayOut(),
                served && !leased ? network.text() : null,
                own != null && net.options().spoof().get().equals("deny") && mayGuard());
    }

    /** An unprivileged user's plan shows what root would do. */
    private boolean mayGuard() {
        return !OwnProcess.isRoot(kernel) || PacketPrograms.areAllowed(kernel);
    }

    /** Whether this interface gets the default route: the first that asks does. */
    private boolean takesWayOut() {
        boolean free = !hasWayOut;
        hasWayOut = true;
        return free;
    }

    private String randomPair() {
        StringBuilder out = new StringBuilder(PAIR);
        for (int i = 0; i < PAIR_DIGITS; i++) {
            out.append(claim ? Character.forDigit(ThreadLocalRandom.current().nextInt(PAIR_RADIX), PAIR_RADIX) : 'X');
        }
        return out.toString();
    }

    /** Chooses an IPv6 address; in a /64 or shorter prefix the box's part is long enough to be unique. */
    private @Nullable IpPrefix chooseV6(Net net, int number, NetworkFacts.@Nullable LinkFacts link) {
        IpPrefix network = link == null ? null : link.findAddress(IpPrefix.V6);
        if (!isAuto(net.ipv6().addresses()) || network == null || network.length() > 64) {
            return null;
        }
        byte[] bytes = network.bytes();
        long part = HardwareAddress.hash(seed + " " + box + " " + number + " ipv6");
        for (int i = 0; i < Long.BYTES; i++) {
            bytes[Long.BYTES + i] = (byte) (part >> 8 * i);
        }
        return new IpPrefix(IpAddress.format(bytes), IpPrefix.V6, network.length(), null);
    }

    private List<String> own() throws NetlinkException {
        List<String> own = new ArrayList<>();
        boolean wanted = false;
        for (Net net : nets) {
            wanted |= net.isKeptFromHost();
        }
        if (wanted) {
            for (Route route : reader.routes()) {
                // Not only addresses: whole networks can be local to the host (ip route add local ...).
                if (route.family() == Rtnl.AF_INET
                        && route.type() == Rtnl.RTN_LOCAL
                        && route.destination()[0] != LOOPBACK) {
                    String network = IpAddress.format(route.destination()) + "/" + route.length();
                    if (!own.contains(network)) {
                        own.add(network);
                    }
                }
            }
        }
        return own;
    }

    private Map<String, String> lent() {
        Map<String, String> lent = new HashMap<>();
        for (Net net : nets) {
            if (net.is(NetType.PHYS)) {
                for (String other : NicJournal.boxes(folders.state())) {
                    for (Nic nic : NicJournal.of(kernel, folders.state(), other).read()) {
                        lent.put(nic.name(), other);
                    }
                }
            }
        }
        return lent;
    }

    private static boolean isAuto(List<Value<IpPrefix>> addresses) {
        for (Value<IpPrefix> address : addresses) {
            if (address.get().isAuto()) {
                return true;
            }
        }
        return false;
    }
}
