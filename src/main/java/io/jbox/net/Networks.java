package io.jbox.net;

import io.jbox.config.Bridge;
import io.jbox.config.BridgesLoader;
import io.jbox.config.DocumentCache;
import io.jbox.config.IpAddress;
import io.jbox.config.IpPrefix;
import io.jbox.config.Net;
import io.jbox.config.Value;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Syscall;
import io.jbox.netlink.Address;
import io.jbox.netlink.Link;
import io.jbox.netlink.NetlinkException;
import io.jbox.netlink.NetworkReader;
import io.jbox.netlink.RouteSocket;
import io.jbox.netlink.Rtnl;
import io.jbox.plan.HardwareAddress;
import io.jbox.plan.NetworkFacts;
import io.jbox.problem.JboxException;
import java.io.File;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What a start must know of the host's network, and what it chooses there. */
public final class Networks {
    private static final String PAIR = "veth";
    private static final int PAIR_DIGITS = 6;
    private static final int PAIR_RADIX = 36;

    private final Kernel kernel;
    private final NetworkFolders folders;
    private final DocumentCache cache;
    private @Nullable List<Bridge> bridges;

    public Networks(Kernel kernel, NetworkFolders folders, DocumentCache cache) {
        this.kernel = kernel;
        this.folders = folders;
        this.cache = cache;
    }

    /** What a look at the host is for. */
    public enum Purpose {
        /** A plan: nothing is changed. */
        LOOK,
        /** A box that lasts: what is chosen is its own from now on, and its init may ask for a lease. */
        START,
        /** One command: nobody in the box asks for a lease. */
        RUN
    }

    /** jbox's own bridges. */
    public synchronized List<Bridge> bridges() {
        if (bridges == null) {
            bridges = BridgesLoader.load(folders.config(), cache);
        }
        return bridges;
    }

    /** All of jbox's own bridges, to bring up and down. */
    public List<HostBridge> hostBridges() {
        List<HostBridge> all = new ArrayList<>();
        for (Bridge bridge : bridges()) {
            all.add(new HostBridge(kernel, bridge, bridges(), folders));
        }
        return all;
    }

    /** One of jbox's own bridges; null if it is somebody else's. */
    public @Nullable HostBridge findBridge(String name) {
        for (Bridge bridge : bridges()) {
            if (bridge.name().equals(name)) {
                return new HostBridge(kernel, bridge, bridges(), folders);
            }
        }
        return null;
    }

    /**
     * Looks at the host, and chooses.
     *
     * @param nets the box's interfaces
     * @param first number of the first of them: a box that runs has others already
     * @param purpose what it is for
     * @param running tells boxes that run
     */
    public NetworkFacts facts(String box, List<Net> nets, int first, Purpose purpose, Predicate<String> running) {
        boolean any = false;
        for (Net net : nets) {
            any |= net.isLink();
        }
        if (!any) {
            return NetworkFacts.NONE;
        }
        try (RouteSocket socket = RouteSocket.open(kernel)) {
            return new Facts(box, nets, first, purpose, running, new NetworkReader(socket)).read();
        } catch (NetlinkException e) {
            throw new JboxException("rtnetlink: " + e.getMessage());
        }
    }

    /** The same for one command that dies with this process; bridges of jbox's own come up on the way. */
    public NetworkFacts factsForRun(String box, List<Net> nets, Predicate<String> running) {
        String asker = box + AddressBook.COMMAND + kernel.call(Syscall.GETPID);
        NetworkFacts facts = facts(asker, nets, 0, Purpose.RUN, running);
        for (String name : facts.down()) {
            HostBridge bridge = findBridge(name);
            if (bridge != null) {
                bridge.up();
            }
        }
        return facts.down().isEmpty() ? facts : facts(asker, nets, 0, Purpose.RUN, running);
    }

    /** Names and leases of interfaces that a box does not have any more, from a number on. */
    public void forget(String box, int first) {
        for (HostBridge bridge : hostBridges()) {
            bridge.dnsmasq().forget(box, first);
        }
    }

    /** A box that is no more gives its addresses back. */
    public void forget(String box) {
        String[] books = new File(folders.lasting()).list();
        for (String book : books == null ? new String[0] : books) {
            if (!book.endsWith(".lock") && !book.endsWith(".new")) {
                new AddressBook(kernel, folders, book).release(box);
                HostBridge own = findBridge(book);
                if (own != null) {
                    own.dnsmasq().forget(box, 0);
                }
            }
        }
    }

    /** One look at the host for one box. */
    private final class Facts {
        private final String box;
        private final List<Net> nets;
        private final int first;
        private final boolean claim;
        private final boolean asks;
        private final Predicate<String> running;
        private final NetworkReader reader;
        private final String seed;
        private final Map<String, NetworkFacts.LinkFacts> links = new HashMap<>();
        private final List<String> down = new ArrayList<>();
        private final Map<String, String> owners = new HashMap<>();

        Facts(String box, List<Net> nets, int first, Purpose purpose, Predicate<String> running, NetworkReader reader) {
            this.box = box;
            this.nets = nets;
            this.first = first;
            this.claim = purpose != Purpose.LOOK;
            this.asks = purpose != Purpose.RUN;
            this.running = running;
            this.reader = reader;
            // Two commands in the same box at once must not be the same to the bridge.
            this.seed = purpose == Purpose.RUN ? Long.toString(System.nanoTime()) : NetworkFiles.seed();
        }

        NetworkFacts read() throws NetlinkException {
            for (Net net : nets) {
                look(net.link(), true);
                look(net.vethPair(), false);
            }
            List<NetworkFacts.Choice> choices = new ArrayList<>();
            for (int i = 0; i < nets.size(); i++) {
                choices.add(choose(nets.get(i), first + i));
            }
            return new NetworkFacts(seed, links, down, choices, owners, lent());
        }

        private void look(@Nullable Value<String> name, boolean isLink) throws NetlinkException {
            if (name == null || links.containsKey(name.get())) {
                return;
            }
            Link found = reader.findLink(name.get());
            // The kernel also finds it by its other names, but everything else goes by the one.
            Link link = found != null && found.name().equals(name.get()) ? found : null;
            HostBridge own = isLink ? findBridge(name.get()) : null;
            if (own != null && !own.isUp(link)) {
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
            Link master = link.master() == 0 ? null : reader.findLink(link.master());
            return new NetworkFacts.LinkFacts(
                    link.kind(),
                    link.mtu(),
                    link.leastMtu(),
                    link.mostMtu(),
                    link.isLoopback(),
                    new File("/sys/class/net/" + link.name() + "/phy80211").exists(),
                    master == null ? "" : master.name(),
                    addresses);
        }

        private NetworkFacts.Choice choose(Net net, int number) {
            Value<String> written = net.vethPair();
            String pair = !net.is("veth") ? "" : written != null ? written.get() : randomPair();
            Value<String> linkName = net.link();
            NetworkFacts.LinkFacts link = linkName == null ? null : links.get(linkName.get());
            IpPrefix network = link == null ? null : link.findAddress(IpPrefix.V4);
            if (!net.is("veth") || net.isRouted() || linkName == null || link == null || network == null) {
                return new NetworkFacts.Choice(pair, null, chooseV6(net, number, link), false);
            }
            HostBridge own = findBridge(linkName.get());
            boolean auto = isAuto(net.ipv4().addresses());
            boolean nothing = net.ipv4().addresses().isEmpty();
            AddressBook book = new AddressBook(kernel, folders, linkName.get());
            IpPrefix address =
                    auto || nothing && own != null ? claim(book, network, number, net) : note(book, number, net);
            boolean served =
                    own != null && (down.contains(linkName.get()) ? Dnsmasq.missing() == null : own.isServed());
            if (own != null && claim && asks && address != null) {
                own.dnsmasq().register(box + "#" + number, box, address.text(), nothing ? hardware(net, number) : null);
            }
            boolean leased = nothing && asks && (own == null || served);
            return new NetworkFacts.Choice(
                    pair,
                    (auto || nothing) && !leased ? address : null,
                    chooseV6(net, number, link),
                    nothing && !leased && own != null && net.up().get());
        }

        private String hardware(Net net, int number) {
            Value<String> template = net.hwaddr();
            return HardwareAddress.of(template == null ? null : template.get(), seed + " " + box + " " + number);
        }

        private String randomPair() {
            StringBuilder out = new StringBuilder(PAIR);
            for (int i = 0; i < PAIR_DIGITS; i++) {
                out.append(
                        claim ? Character.forDigit(ThreadLocalRandom.current().nextInt(PAIR_RADIX), PAIR_RADIX) : 'X');
            }
            return out.toString();
        }

        private IpPrefix claim(AddressBook book, IpPrefix network, int number, Net net) {
            AddressBook.Owner asker = new AddressBook.Owner(box, number);
            if (!claim) {
                IpPrefix chosen = AddressBook.choose(book.read(), network, asker, running);
                return chosen == null ? full(network, net) : chosen;
            }
            try (FileLock lock = book.lock()) {
                Map<String, AddressBook.Owner> all = book.read();
                all.values().removeIf(AddressBook.Owner::isOfDeadCommand);
                IpPrefix chosen = AddressBook.choose(all, network, asker, running);
                if (chosen == null) {
                    return full(network, net);
                }
                if (!asker.equals(all.put(chosen.text(), asker))) {
                    book.write(all);
                }
                return chosen;
            }
        }

        private IpPrefix full(IpPrefix network, Net net) {
            throw new JboxException(new io.jbox.problem.Problem(
                    box + ": net: every address of " + PacketFilter.network(network) + " is a running box's",
                    net.place(),
                    "a larger network for the bridge, or jbox destroy for boxes that are not wanted any more"));
        }

        /** Written addresses are the box's, too, unless they are a running box's. */
        private @Nullable IpPrefix note(AddressBook book, int number, Net net) {
            IpPrefix first = null;
            Map<String, AddressBook.Owner> all = book.read();
            boolean changed = false;
            AddressBook.Owner asker = new AddressBook.Owner(box, number);
            for (Value<IpPrefix> value : net.ipv4().addresses()) {
                String text = value.get().text();
                AddressBook.Owner owner = all.get(text);
                if (owner != null && !owner.box().equals(box) && running.test(owner.box())) {
                    owners.put(text, owner.box());
                } else {
                    changed |= !asker.equals(owner);
                }
                first = first == null ? value.get() : first;
            }
            if (claim && changed && owners.isEmpty()) {
                try (FileLock lock = book.lock()) {
                    Map<String, AddressBook.Owner> now = book.read();
                    now.values().removeIf(asker::equals);
                    for (Value<IpPrefix> value : net.ipv4().addresses()) {
                        now.put(value.get().text(), asker);
                    }
                    book.write(now);
                }
            }
            return first;
        }

        /** Of a /64 and shorter the box's part is so long that no two boxes get the same. */
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

        private Map<String, String> lent() {
            Map<String, String> lent = new HashMap<>();
            for (Net net : nets) {
                if (net.is("phys")) {
                    for (String other : NicJournal.boxes(folders.state())) {
                        for (Nic nic :
                                NicJournal.of(kernel, folders.state(), other).read()) {
                            lent.put(nic.name(), other);
                        }
                    }
                }
            }
            return lent;
        }
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
