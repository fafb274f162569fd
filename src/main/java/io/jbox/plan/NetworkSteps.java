package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;

import io.jbox.config.Config;
import io.jbox.config.IpPrefix;
import io.jbox.config.Namespace;
import io.jbox.config.Net;
import io.jbox.config.Value;
import io.jbox.facts.HardwareAddress;
import io.jbox.facts.Launch;
import io.jbox.facts.NetworkFacts;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Makes or moves the box's interfaces while the first process waits.
 *
 * <p>Two rtnetlink sockets do it all: one on the host, one made in the box's network. A veth is made together with its
 * end in the box by one message; a macvlan, vlan or ipvlan is made directly in the box; a host interface is recorded
 * before it moves.
 */
final class NetworkSteps {
    /** The address of the host's end of a routed veth, as in LXC (lxc.net.[i].veth.mode). */
    static final String ROUTER_V4 = "169.254.1.1";

    static final String ROUTER_V6 = "fe80::1";

    private final String box;
    private final NetworkFacts facts;
    private final List<Net> nets;
    private final List<String> names;
    private final int first;

    /** @param first number of the first interface: a running box has others already */
    NetworkSteps(String box, List<Net> nets, int first, NetworkFacts facts) {
        this.first = first;
        this.box = box;
        this.facts = facts;
        this.nets = nets;
        this.names = InterfaceChoices.names(nets);
    }

    /** Brings up jbox bridges that are down. */
    void bridges(List<Step> steps) {
        for (String bridge : facts.down()) {
            steps.add(Step.by(Actor.JBOX, "bring bridge \"" + bridge + "\" up", placeOfLink(bridge))
                    .effect(Effect.Kind.BRIDGE_UP, text(bridge))
                    .build());
        }
    }

    private Place placeOfLink(String name) {
        for (Net net : nets) {
            Value<String> link = net.link();
            if (link != null && link.get().equals(name)) {
                return link.place();
            }
        }
        return Place.DEFAULT;
    }

    /** Brings up lo in the first process, if the network has nothing else. */
    static void loopback(Config config, List<Step> steps) {
        for (Net net : config.net()) {
            if (net.is("empty") && net.up().get() && config.has(Namespace.NET)) {
                Descriptor socket = new Descriptor("socket");
                steps.add(Step.by(Actor.INIT, "bring \"lo\" up", net.up().place())
                        .open(socket, "socket", flags("AF_INET"), flags("SOCK_DGRAM", "SOCK_CLOEXEC"), number(0))
                        .call(
                                "ioctl",
                                fd(socket),
                                flags("SIOCSIFFLAGS"),
                                struct(
                                        new Arg.Field("ifr_name", 16, text("lo")),
                                        new Arg.Field("ifr_flags", 2, flags("IFF_UP", "IFF_RUNNING")),
                                        Arg.Field.zero(22)))
                        .build());
            }
        }
    }

    /**
     * Makes all interfaces, those with a configured name first, as in LXC.
     *
     * @param supervision null for a box without a monitor
     * @param kept whether the box's network is pinned already
     */
    void connect(Launch.@Nullable Supervision supervision, boolean kept, List<Step> steps) {
        List<Integer> order = new ArrayList<>();
        for (boolean named : new boolean[] {true, false}) {
            for (int i = 0; i < nets.size(); i++) {
                if (nets.get(i).isLink() && (nets.get(i).name() != null) == named) {
                    order.add(i);
                }
            }
        }
        if (order.isEmpty()) {
            return;
        }
        steps.add(Step.by(
                        Actor.JBOX,
                        "open the box's network",
                        nets.get(order.get(0)).type().place())
                .open(Descriptors.NETNS, "openat", cwd(), new Arg.OfInit("ns/net"), flags("O_RDONLY", "O_CLOEXEC"))
                .open(
                        Descriptors.HOST_ROUTES,
                        "socket",
                        flags("AF_NETLINK"),
                        flags("SOCK_RAW", "SOCK_CLOEXEC"),
                        number(0))
                .open(
                        Descriptors.BOX_ROUTES,
                        "socket",
                        flags("AF_NETLINK"),
                        flags("SOCK_RAW", "SOCK_CLOEXEC"),
                        number(0),
                        fd(Descriptors.NETNS))
                .build());
        remember(supervision, kept, steps);
        boolean loopback = false;
        for (int i : order) {
            Net net = nets.get(i);
            make(i, net, steps);
            if (facts.choices().get(i).guarded()) {
                new SourceSteps(net, i, facts).guard(names.get(i), seed(i), steps);
            }
            setUp(i, net, net.up().get() && !loopback, steps);
            loopback |= net.up().get();
            routeOnHost(i, net, steps);
        }
        for (int i : order) {
            waitUntilUnique(i, nets.get(i), steps);
        }
    }

    /** Records host interfaces on disk and pins the box's network before they move, so that they are never lost. */
    private void remember(Launch.@Nullable Supervision supervision, boolean kept, List<Step> steps) {
        boolean pinned = kept;
        for (Net net : nets) {
            Value<String> link = net.link();
            if (!net.is("phys") || link == null || supervision == null) {
                continue;
            }
            if (!pinned) {
                String folder = supervision.folder() + "/ns";
                Descriptor pin = new Descriptor("pin");
                steps.add(Step.by(Actor.JBOX, "keep the box's network", link.place())
                        .tolerate("mkdirat", cwd(), text(folder), Arg.mode(0700))
                        .open(
                                pin,
                                "openat",
                                cwd(),
                                text(folder + "/net"),
                                flags("O_RDONLY", "O_CREAT", "O_NOFOLLOW", "O_CLOEXEC"),
                                Arg.mode(0600))
                        .call(
                                "mount",
                                new Arg.OfInit("ns/net"),
                                text(folder + "/net"),
                                Arg.nothing(),
                                flags("MS_BIND"),
                                Arg.nothing())
                        .build());
                pinned = true;
            }
            steps.add(Step.by(Actor.JBOX, "record the state of \"" + link.get() + "\"", link.place())
                    .effect(Effect.Kind.JOURNAL, text(supervision.journal()), new Arg.LinkState(link.get()))
                    .build());
        }
    }

    private void make(int i, Net net, List<Step> steps) {
        String name = names.get(i);
        Step.Draft step = Step.by(
                Actor.JBOX,
                (net.is("phys")
                                ? "move \"" + link(net) + "\" into the box as \""
                                : "make " + net.type().get() + " \"") + name + "\"",
                placeOfMaking(net));
        List<Arg.Field> attributes = new ArrayList<>();
        switch (net.type().get()) {
            case "veth" -> veth(i, net, attributes);
            case "phys" ->
                attributes.addAll(List.of(
                        RouteMessages.attribute("IFLA_IFNAME", text(name)),
                        RouteMessages.attribute32("IFLA_NET_NS_FD", fd(Descriptors.NETNS))));
            default -> {
                attributes.add(RouteMessages.attribute("IFLA_IFNAME", text(name)));
                hardware(net, i, attributes);
                mtu(net, attributes);
                attributes.add(RouteMessages.attribute32("IFLA_LINK", new Arg.LinkIndex(link(net))));
                attributes.add(RouteMessages.attribute32("IFLA_NET_NS_FD", fd(Descriptors.NETNS)));
                attributes.add(RouteMessages.kind(net.type().get(), data(net)));
            }
        }
        if (net.is("phys")) {
            RouteMessages.send(
                    step,
                    Descriptors.HOST_ROUTES,
                    "RTM_NEWLINK",
                    List.of(),
                    RouteMessages.linkHeader(new Arg.LinkIndex(link(net)), false),
                    attributes);
            step.hint("sendto", "EBUSY", "something on the host still uses it");
        } else {
            boolean up = net.is("veth");
            RouteMessages.send(
                    step,
                    Descriptors.HOST_ROUTES,
                    "RTM_NEWLINK",
                    List.of("NLM_F_CREATE", "NLM_F_EXCL"),
                    RouteMessages.linkHeader(number(0), up),
                    attributes);
            step.hint("sendto", "EOPNOTSUPP", "this kernel has no " + net.type().get() + ": modprobe " + module(net));
            step.hint("sendto", "EBUSY", "the link is used in a way that conflicts with it");
        }
        steps.add(step.hint("sendto", "EEXIST", "the name is taken")
                .hint("sendto", "EPERM", "jbox needs root for this: sudo jbox ...")
                .build());
    }

    private static String module(Net net) {
        return net.is("vlan") ? "8021q" : net.type().get();
    }

    private static Place placeOfMaking(Net net) {
        Value<String> decisive = net.is("phys") ? net.link() : net.vethPair();
        return decisive == null ? net.type().place() : decisive.place();
    }

    private static String link(Net net) {
        Value<String> link = net.link();
        return link == null ? "" : link.get();
    }

    private String seed(int i) {
        return facts.seedOf(box, first + i);
    }

    private void veth(int i, Net net, List<Arg.Field> attributes) {
        attributes.add(RouteMessages.attribute("IFLA_IFNAME", text(pair(i))));
        attributes.add(RouteMessages.hardware(HardwareAddress.high(seed(i))));
        NetworkFacts.LinkFacts link = facts.links().get(link(net));
        List<Arg.Field> peer = new ArrayList<>(List.of(RouteMessages.attribute("IFLA_IFNAME", text(names.get(i)))));
        hardware(net, i, peer);
        if (net.mtu() == null && link != null && !net.isRouted()) {
            attributes.add(RouteMessages.attribute32("IFLA_MTU", number(link.mtu())));
            peer.add(RouteMessages.attribute32("IFLA_MTU", number(link.mtu())));
        }
        mtu(net, attributes);
        mtu(net, peer);
        peer.add(RouteMessages.attribute32("IFLA_NET_NS_FD", fd(Descriptors.NETNS)));
        if (net.link() != null && !net.isRouted() && !facts.choices().get(i).guarded()) {
            attributes.add(RouteMessages.attribute32("IFLA_MASTER", new Arg.LinkIndex(link(net))));
        }
        attributes.add(RouteMessages.kind(
                "veth",
                List.of(RouteMessages.attribute(
                        "VETH_INFO_PEER", new Arg.Attributes(RouteMessages.linkHeader(number(0), false), peer)))));
    }

    private String pair(int i) {
        return facts.choices().get(i).pair();
    }

    private static List<Arg.Field> data(Net net) {
        String mode = net.mode().get().toUpperCase(Locale.ROOT);
        Value<Long> id = net.vlanId();
        return switch (net.type().get()) {
            case "macvlan" -> List.of(RouteMessages.attribute32("IFLA_MACVLAN_MODE", flags("MACVLAN_MODE_" + mode)));
            case "ipvlan" -> List.of(new Arg.Field("IFLA_IPVLAN_MODE", 2, flags("IPVLAN_MODE_" + mode)));
            default -> List.of(new Arg.Field("IFLA_VLAN_ID", 2, number(id == null ? 0 : id.get())));
        };
    }

    /** Sets the hardware address. An ipvlan has its link's; so does a vlan, unless configured. */
    private void hardware(Net net, int i, List<Arg.Field> attributes) {
        Value<String> written = net.hwaddr();
        if (written != null || net.is("veth") || net.is("macvlan")) {
            attributes.add(RouteMessages.hardware(HardwareAddress.of(written == null ? null : written.get(), seed(i))));
        }
    }

    private static void mtu(Net net, List<Arg.Field> attributes) {
        Value<Long> mtu = net.mtu();
        if (mtu != null) {
            attributes.add(RouteMessages.attribute32("IFLA_MTU", number(mtu.get())));
        }
    }

    /** Sets up lo, addresses, link state and gateways in the box, in one datagram. */
    private void setUp(int i, Net net, boolean loopback, List<Step> steps) {
        Arg index = new Arg.LinkIndex(names.get(i));
        Step.Draft step = Step.by(Actor.JBOX, "set up \"" + names.get(i) + "\" in the box", net.place());
        boolean any = false;
        if (loopback) {
            RouteMessages.send(
                    step,
                    Descriptors.BOX_ROUTES,
                    "RTM_NEWLINK",
                    List.of(),
                    RouteMessages.linkHeader(new Arg.LinkIndex("lo"), true),
                    List.of());
            any = true;
        }
        if (net.is("phys")) {
            List<Arg.Field> changes = new ArrayList<>();
            Value<String> written = net.hwaddr();
            if (written != null) {
                changes.add(RouteMessages.hardware(HardwareAddress.of(written.get(), seed(i))));
            }
            mtu(net, changes);
            if (!changes.isEmpty()) {
                RouteMessages.send(
                        step,
                        Descriptors.BOX_ROUTES,
                        "RTM_NEWLINK",
                        List.of(),
                        RouteMessages.linkHeader(index, false),
                        changes);
                any = true;
            }
        }
        for (int family : new int[] {IpPrefix.V4, IpPrefix.V6}) {
            for (IpPrefix address : InterfaceChoices.addresses(net, facts, i, family)) {
                RouteMessages.send(
                        step,
                        Descriptors.BOX_ROUTES,
                        "RTM_NEWADDR",
                        List.of("NLM_F_CREATE", "NLM_F_EXCL"),
                        RouteMessages.addressHeader(family, address.length(), address == chosenV6(i), index),
                        RouteMessages.address(address));
                any = true;
            }
        }
        if (net.up().get()) {
            RouteMessages.send(
                    step,
                    Descriptors.BOX_ROUTES,
                    "RTM_NEWLINK",
                    List.of(),
                    RouteMessages.linkHeader(index, true),
                    List.of());
            any = true;
        }
        gateway(i, net, net.ipv4(), IpPrefix.V4, step);
        gateway(i, net, net.ipv6(), IpPrefix.V6, step);
        if (any) {
            steps.add(
                    step.hint("sendto", "EEXIST", "it already exists: is there another interface with a default route?")
                            .hint("sendto", "EADDRNOTAVAIL", "the device refuses that hardware address")
                            .hint("sendto", "ENETUNREACH", "a gateway must be in the network of an address")
                            .hint("sendto", "ENETDOWN", "the link on the host is down: ip link set LINK up")
                            .build());
        }
    }

    private void gateway(int i, Net net, Net.Family family, int number, Step.Draft step) {
        Value<String> written = family.gateway();
        boolean byDefault = written == null
                && number == IpPrefix.V4
                && facts.choices().get(i).defaultGateway();
        if (written == null && !byDefault) {
            return;
        }
        String gateway = written == null ? "auto" : written.get();
        if (gateway.equals("auto")) {
            NetworkFacts.LinkFacts link = facts.links().get(link(net));
            IpPrefix bridge = link == null ? null : link.findAddress(number);
            gateway = net.isRouted()
                    ? number == IpPrefix.V4 ? ROUTER_V4 : ROUTER_V6
                    : bridge == null ? "dev" : bridge.text();
        }
        Arg index = new Arg.LinkIndex(names.get(i));
        if (net.isRouted() && !gateway.equals("dev")) {
            RouteMessages.route(
                    step,
                    Descriptors.BOX_ROUTES,
                    number,
                    new IpPrefix(gateway, number, number == IpPrefix.V4 ? 32 : 128, null),
                    null,
                    index,
                    "RTPROT_STATIC");
        }
        RouteMessages.route(
                step,
                Descriptors.BOX_ROUTES,
                number,
                null,
                gateway.equals("dev") ? null : gateway,
                index,
                "RTPROT_STATIC");
    }

    /** Sets the host's end of a routed veth, and the routes through any veth. */
    private void routeOnHost(int i, Net net, List<Step> steps) {
        if (!net.is("veth")) {
            return;
        }
        Arg index = new Arg.LinkIndex(pair(i));
        Step.Draft step =
                Step.by(Actor.JBOX, "route to \"" + names.get(i) + "\" through \"" + pair(i) + "\"", net.place());
        boolean any = false;
        for (int family : new int[] {IpPrefix.V4, IpPrefix.V6}) {
            Net.Family written = family == IpPrefix.V4 ? net.ipv4() : net.ipv6();
            List<IpPrefix> own = InterfaceChoices.addresses(net, facts, i, family);
            if (net.isRouted() && (!own.isEmpty() || !written.routes().isEmpty())) {
                String router = family == IpPrefix.V4 ? ROUTER_V4 : ROUTER_V6;
                int length = family == IpPrefix.V4 ? 32 : 128;
                IpPrefix address = new IpPrefix(router, family, length, null);
                RouteMessages.send(
                        step,
                        Descriptors.HOST_ROUTES,
                        "RTM_NEWADDR",
                        List.of("NLM_F_CREATE", "NLM_F_EXCL"),
                        RouteMessages.addressHeader(family, length, false, index),
                        RouteMessages.address(address));
                for (IpPrefix reached : own) {
                    RouteMessages.route(
                            step,
                            Descriptors.HOST_ROUTES,
                            family,
                            new IpPrefix(reached.text(), family, length, null),
                            null,
                            index,
                            "RTPROT_STATIC");
                }
                any = true;
            }
            for (Value<IpPrefix> route : written.routes()) {
                RouteMessages.route(step, Descriptors.HOST_ROUTES, family, route.get(), null, index, "RTPROT_STATIC");
                any = true;
            }
        }
        if (any) {
            steps.add(step.hint("sendto", "EEXIST", "the host already has such a route")
                    .build());
        }
    }

    private @Nullable IpPrefix chosenV6(int i) {
        return facts.choices().get(i).ipv6();
    }

    /** Waits for duplicate address detection of configured IPv6 addresses; chosen ones are known to be unique. */
    private void waitUntilUnique(int i, Net net, List<Step> steps) {
        Place place = null;
        for (Value<IpPrefix> address : net.ipv6().addresses()) {
            place = place == null && !address.get().isAuto() ? address.place() : place;
        }
        if (place == null || !net.up().get()) {
            return;
        }
        steps.add(Step.by(Actor.JBOX, "wait for duplicate address detection on \"" + names.get(i) + "\"", place)
                .add(
                        "sendto",
                        Call.Outcome.UNTIL_UNIQUE,
                        null,
                        fd(Descriptors.BOX_ROUTES),
                        new Arg.Message(
                                "RTM_GETADDR",
                                List.of("NLM_F_DUMP"),
                                RouteMessages.addressHeader(IpPrefix.V6, 0, false, new Arg.LinkIndex(names.get(i))),
                                List.of()))
                .hint("sendto", "EADDRINUSE", "the address is already in use on that network (RFC 4862)")
                .build());
    }
}
