package io.jbox.schema;

import io.jbox.config.Net;
import io.jbox.config.NetType;
import io.jbox.config.Value;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import java.util.ArrayList;
import java.util.List;

/** Builds the list of interfaces and checks which keys go with which type. */
final class NetBuilder {
    private static final List<String> LINKED_TYPES = List.of("phys", "macvlan", "vlan", "ipvlan");

    /** slirp4netns(1). */
    private static final long MAX_USER_MTU = 65_521;

    private final Section root;
    private final List<Problem> problems;

    /** @param problems receives the problems found */
    NetBuilder(Section root, List<Problem> problems) {
        this.root = root;
        this.problems = problems;
    }

    /** @return at least one interface: an empty one if none is configured */
    List<Net> build() {
        List<Net> net = new ArrayList<>();
        for (Value<Section> value : root.list(Keys.NET)) {
            Section section = value.get();
            Value<String> type = section.find(Keys.NET_TYPE);
            if (type == null) {
                problems.add(
                        new Problem("net: type is missing", value.place(), "none, empty, veth, phys, macvlan, ..."));
                continue;
            }
            check(section, type);
            Net built = build(value.place(), new Value<>(NetType.of(type.get()), type.place()), section);
            checkUse(built);
            for (Net other : net) {
                if (built.is(NetType.USER) && other.is(NetType.USER)) {
                    problems.add(new Problem("net: a box can have only one interface of type user", type.place()));
                }
            }
            net.add(built);
            if (net.size() > 1 && (built.is(NetType.NONE) || net.get(0).is(NetType.NONE))) {
                problems.add(new Problem("net: none shares the host's network and excludes other types", type.place()));
            }
        }
        if (net.isEmpty()) {
            net.add(loopback());
        }
        return List.copyOf(net);
    }

    private static Net build(Place place, Value<NetType> type, Section section) {
        List<Value<String>> flags = section.list(Keys.NET_FLAGS);
        Section veth = section.section(Keys.NET_VETH);
        Section ipv4 = section.section(Keys.NET_IPV4);
        Section ipv6 = section.section(Keys.NET_IPV6);
        Section script = section.section(Keys.NET_SCRIPT);
        return new Net(
                place,
                type,
                flags.isEmpty()
                        ? Value.ofDefault(false)
                        : new Value<>(true, flags.get(0).place()),
                section.find(Keys.NET_LINK),
                section.find(Keys.NET_NAME),
                section.find(Keys.NET_HWADDR),
                section.find(Keys.NET_MTU),
                new Net.Family(
                        ipv4.list(Keys.IPV4_ADDRESS),
                        ipv4.find(Keys.IPV4_GATEWAY),
                        veth.section(Keys.VETH_IPV4).list(Keys.VETH_IPV4_ROUTE)),
                new Net.Family(
                        ipv6.list(Keys.IPV6_ADDRESS),
                        ipv6.find(Keys.IPV6_GATEWAY),
                        veth.section(Keys.VETH_IPV6).list(Keys.VETH_IPV6_ROUTE)),
                new Net.Options(
                        veth.find(Keys.VETH_PAIR),
                        switch (type.get()) {
                            case MACVLAN -> section.section(Keys.NET_MACVLAN).get(Keys.MACVLAN_MODE);
                            case IPVLAN -> section.section(Keys.NET_IPVLAN).get(Keys.IPVLAN_MODE);
                            default -> veth.get(Keys.VETH_MODE);
                        },
                        section.section(Keys.NET_VLAN).find(Keys.VLAN_ID),
                        section.get(Keys.NET_HOST),
                        section.get(Keys.NET_SPOOF)),
                new Net.Scripts(script.find(Keys.SCRIPT_UP), script.find(Keys.SCRIPT_DOWN)));
    }

    /** The network of a box without a network configuration. */
    private static Net loopback() {
        return new Net(
                Place.DEFAULT,
                Value.ofDefault(NetType.EMPTY),
                Value.ofDefault(true),
                null,
                null,
                null,
                null,
                new Net.Family(List.of(), null, List.of()),
                new Net.Family(List.of(), null, List.of()),
                new Net.Options(null, Value.ofDefault(""), null, Value.ofDefault("deny"), Value.ofDefault("deny")),
                new Net.Scripts(null, null));
    }

    /** Reports problems that do not depend on the host. */
    private void checkUse(Net net) {
        Value<Long> mtu = net.mtu();
        if (net.is(NetType.USER) && mtu != null && mtu.get() > MAX_USER_MTU) {
            problems.add(new Problem("net: type user has an mtu of at most " + MAX_USER_MTU, mtu.place()));
        }
        for (Net.Family family : List.of(net.ipv4(), net.ipv6())) {
            Value<String> gateway = family.gateway();
            if (gateway != null && !net.up().get()) {
                problems.add(new Problem("net: a gateway needs the interface to be up", gateway.place(), "flags: up"));
            }
        }
        if (net.is(NetType.VETH) && !net.isRouted()) {
            for (Net.Family family : List.of(net.ipv4(), net.ipv6())) {
                if (!family.routes().isEmpty() && net.link() != null) {
                    problems.add(new Problem(
                            "net: routes cannot be used for a box behind a bridge",
                            family.routes().get(0).place(),
                            "veth.mode: router, or no link"));
                }
            }
        }
        if (net.is(NetType.VLAN) && net.options().vlanId() == null) {
            problems.add(new Problem("net: type vlan needs vlan.id", net.type().place(), "a number from 0 to 4094"));
        }
        if (net.is(NetType.IPVLAN) && net.hwaddr() != null) {
            problems.add(new Problem(
                    "net: an ipvlan has the hardware address of its link",
                    net.hwaddr().place()));
        }
    }

    private void check(Section section, Value<String> type) {
        String name = type.get();
        if (LINKED_TYPES.contains(name) && section.find(Keys.NET_LINK) == null) {
            problems.add(new Problem("net: type " + name + " needs a link", type.place(), "the host's interface"));
        }
        for (Key<?> key : List.of(Keys.NET_VETH, Keys.NET_MACVLAN, Keys.NET_VLAN, Keys.NET_IPVLAN)) {
            Value<?> value = section.find(key);
            if (value != null && !key.name().equals(name)) {
                problems.add(new Problem("net: " + key.name() + " does not go with type " + name, value.place()));
            }
        }
        Value<String> host = section.find(Keys.NET_HOST);
        if (host != null && !name.equals("user")) {
            problems.add(new Problem("net: host does not go with type " + name, host.place()));
        }
        Value<String> spoof = section.find(Keys.NET_SPOOF);
        if (spoof != null && !name.equals("veth")) {
            problems.add(new Problem("net: spoof does not go with type " + name, spoof.place()));
        }
        if (name.equals("none") || name.equals("empty") || name.equals("user")) {
            List<Key<?>> alien = new ArrayList<>(List.of(Keys.NET_LINK, Keys.NET_HWADDR, Keys.NET_IPV4, Keys.NET_IPV6));
            if (!name.equals("user")) {
                alien.addAll(List.of(Keys.NET_NAME, Keys.NET_MTU));
            }
            if (name.equals("none")) {
                alien.add(Keys.NET_FLAGS);
            }
            for (Key<?> key : alien) {
                Value<?> value = section.find(key);
                if (value != null) {
                    problems.add(new Problem("net: " + key.name() + " does not go with type " + name, value.place()));
                }
            }
        }
    }
}
