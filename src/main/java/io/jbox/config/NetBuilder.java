package io.jbox.config;

import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import java.util.ArrayList;
import java.util.List;

/** The list of interfaces: which keys go with which type. */
final class NetBuilder {
    private static final List<String> LINKED_TYPES = List.of("phys", "macvlan", "vlan", "ipvlan");

    private final Section root;
    private final List<Problem> problems;

    /** @param problems receives what is wrong */
    NetBuilder(Section root, List<Problem> problems) {
        this.root = root;
        this.problems = problems;
    }

    /** @return at least one: an empty one where nothing is written */
    List<Config.Net> build() {
        List<Config.Net> net = new ArrayList<>();
        for (Value<Section> value : root.list(Keys.NET)) {
            Section section = value.get();
            Value<String> type = section.find(Keys.NET_TYPE);
            if (type == null) {
                problems.add(
                        new Problem("net: type is missing", value.place(), "none, empty, veth, phys, macvlan, ..."));
                continue;
            }
            check(section, type);
            List<Value<String>> flags = section.list(Keys.NET_FLAGS);
            Section ipv4 = section.section(Keys.NET_IPV4);
            Section ipv6 = section.section(Keys.NET_IPV6);
            Section veth = section.section(Keys.NET_VETH);
            net.add(new Config.Net(
                    type,
                    flags.isEmpty()
                            ? Value.ofDefault(false)
                            : new Value<>(true, flags.get(0).place()),
                    section.find(Keys.NET_LINK),
                    section.find(Keys.NET_NAME),
                    section.find(Keys.NET_HWADDR),
                    section.find(Keys.NET_MTU),
                    ipv4.list(Keys.IPV4_ADDRESS),
                    ipv4.find(Keys.IPV4_GATEWAY),
                    ipv6.list(Keys.IPV6_ADDRESS),
                    ipv6.find(Keys.IPV6_GATEWAY),
                    veth.find(Keys.VETH_PAIR),
                    veth.get(Keys.VETH_MODE)));
            if (net.size() > 1
                    && (type.get().equals("none") || net.get(0).type().get().equals("none"))) {
                problems.add(
                        new Problem("net: none shares the host's network and cannot be with others", type.place()));
            }
        }
        if (net.isEmpty()) {
            Section empty =
                    new Section((Type.Fields) ((Type.Sequence<Section>) Keys.NET.type()).element(), Place.DEFAULT);
            net.add(new Config.Net(
                    Value.ofDefault("empty"),
                    Value.ofDefault(true),
                    null,
                    null,
                    null,
                    null,
                    List.of(),
                    null,
                    List.of(),
                    null,
                    null,
                    empty.section(Keys.NET_VETH).get(Keys.VETH_MODE)));
        }
        return List.copyOf(net);
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
        if (name.equals("none") || name.equals("empty")) {
            List<Key<?>> alien = new ArrayList<>(
                    List.of(Keys.NET_LINK, Keys.NET_NAME, Keys.NET_HWADDR, Keys.NET_MTU, Keys.NET_IPV4, Keys.NET_IPV6));
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
