package io.jbox.plan;

import io.jbox.config.Config;
import io.jbox.config.IpAddress;
import io.jbox.config.IpPrefix;
import io.jbox.config.Namespace;
import io.jbox.config.Net;
import io.jbox.config.NetType;
import io.jbox.config.Value;
import io.jbox.facts.NetworkFacts;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks the box's network configuration against the host before anything is made. */
final class NetworkCheck {
    private static final int LEAST_IPV6_MTU = 1280;

    private final Config config;
    private final NetworkFacts facts;
    private final List<Problem> problems;
    private final List<String> seen = new ArrayList<>();

    /** @param problems receives the problems found */
    NetworkCheck(Config config, NetworkFacts facts, List<Problem> problems) {
        this.config = config;
        this.facts = facts;
        this.problems = problems;
    }

    void check() {
        List<String> names = InterfaceChoices.names(config.net());
        for (int i = 0; i < config.net().size(); i++) {
            Net net = config.net().get(i);
            if (!net.isLink() && !net.is(NetType.USER)) {
                continue;
            }
            if (!config.has(Namespace.NET)) {
                add(
                        "needs the box to have its own network namespace",
                        net.type().place(),
                        null);
                continue;
            }
            Value<String> name = net.name();
            if (names.subList(0, i).contains(names.get(i))) {
                add("name " + names.get(i) + " is taken by another interface of the box", placeOf(name, net), null);
            }
            NetworkFacts.LinkFacts link = link(net);
            pair(net);
            mtu(net, link);
            family(net, link, net.ipv4(), IpPrefix.V4, i);
            family(net, link, net.ipv6(), IpPrefix.V6, i);
        }
    }

    private void add(String message, Place place, @Nullable String hint) {
        problems.add(new Problem("net: " + message, place, hint));
    }

    private static Place placeOf(@Nullable Value<?> value, Net net) {
        return value == null ? net.type().place() : value.place();
    }

    private NetworkFacts.@Nullable LinkFacts link(Net net) {
        Value<String> value = net.link();
        if (value == null) {
            return null;
        }
        String name = value.get();
        NetworkFacts.LinkFacts link = facts.links().get(name);
        if (link == null) {
            String borrower = facts.lent().get(name);
            add(
                    borrower == null
                            ? "link " + name + ": there is no such interface"
                            : "link " + name + ": is in box " + borrower,
                    value.place(),
                    borrower != null
                            ? "jbox net give-back " + borrower + " " + name
                            : net.is(NetType.VETH) ? "ip link add " + name + " type bridge; or no link" : null);
            return null;
        }
        if (net.is(NetType.VETH) && !net.isRouted() && !link.kind().equals("bridge")) {
            add(
                    "link " + name + ": is not a bridge",
                    value.place(),
                    "type: macvlan to share an interface, type: phys to take it, veth.mode: router to route through it");
        }
        if (net.is(NetType.PHYS)) {
            physical(name, value.place(), link);
        }
        return link;
    }

    private void physical(String name, Place place, NetworkFacts.LinkFacts link) {
        if (link.loopback()) {
            add("link " + name + ": cannot move: every network namespace has its own", place, null);
        } else if (link.kind().equals("bridge")) {
            add("link " + name + ": is a bridge and cannot move", place, "type: veth attaches the box to it");
        } else if (link.wireless()) {
            add(
                    "link " + name
                            + ": is wireless, and can only be moved together with its whole wireless device (phy)",
                    place,
                    "iw phy PHY set netns PID, when the box runs");
        } else if (!link.master().isEmpty()) {
            add("link " + name + ": is busy as a port of " + link.master(), place, "ip link set " + name + " nomaster");
        } else if (seen.contains(name)) {
            add("link " + name + ": is used by two interfaces of the box", place, null);
        }
        seen.add(name);
    }

    private void pair(Net net) {
        Value<String> pair = net.options().vethPair();
        NetworkFacts.LinkFacts there = pair == null ? null : facts.links().get(pair.get());
        // An existing veth may be left from an earlier run of the box: the kernel removes those asynchronously.
        if (pair != null && there != null && !there.kind().equals("veth")) {
            add("pair " + pair.get() + ": the host has an interface of that name", pair.place(), null);
        }
    }

    private void mtu(Net net, NetworkFacts.@Nullable LinkFacts link) {
        Value<Long> mtu = net.mtu();
        if (mtu == null) {
            return;
        }
        if (link != null && !net.is(NetType.VETH) && link.mostMtu() > 0) {
            long most = net.is(NetType.PHYS) ? link.mostMtu() : link.mtu();
            if (mtu.get() < link.leastMtu() || mtu.get() > most) {
                Value<String> name = net.link();
                boolean above = mtu.get() > most && name != null && !net.is(NetType.PHYS);
                add(
                        "mtu " + mtu.get() + ": is not from " + link.leastMtu() + " to " + most
                                + (above && name != null ? ": " + name.get() + " has " + link.mtu() : ""),
                        mtu.place(),
                        above && name != null ? "ip link set " + name.get() + " mtu " + mtu.get() : null);
            }
        }
        if (mtu.get() < LEAST_IPV6_MTU && !net.ipv6().addresses().isEmpty()) {
            add("mtu " + mtu.get() + ": IPv6 needs " + LEAST_IPV6_MTU, mtu.place(), "RFC 8200, section 5");
        }
    }

    private void family(Net net, NetworkFacts.@Nullable LinkFacts link, Net.Family family, int number, int index) {
        List<IpPrefix> own = InterfaceChoices.addresses(net, facts, index, number);
        Set<String> written = new HashSet<>();
        for (Value<IpPrefix> value : family.addresses()) {
            IpPrefix address = value.get();
            if (address.isAuto()) {
                if (own.isEmpty() && (link != null || net.link() == null)) {
                    add(
                            "ipv" + number
                                    + ": auto needs a bridge that has an address, and a free address in its network",
                            value.place(),
                            null);
                }
                continue;
            }
            String complaint = complaint(address);
            if (complaint != null) {
                add("address " + address + ": " + complaint, value.place(), null);
                continue;
            }
            String text = IpAddress.format(address.bytes());
            if (!written.add(text)) {
                add("address " + address.text() + ": is given twice", value.place(), null);
            }
            String owner = facts.owners().get(text);
            if (owner != null) {
                add("address " + address.text() + ": belongs to box " + owner, value.place(), null);
            }
            if (link != null && net.is(NetType.VETH) && has(link, text)) {
                add("address " + address.text() + ": belongs to the bridge", value.place(), null);
            }
        }
        gateway(net, link, family, number, own);
    }

    private static boolean has(NetworkFacts.LinkFacts link, String text) {
        for (IpPrefix address : link.addresses()) {
            if (IpAddress.format(address.bytes()).equals(text)) {
                return true;
            }
        }
        return false;
    }

    /** What makes an address invalid for an interface; null if it is valid. */
    private static @Nullable String complaint(IpPrefix address) {
        byte[] bytes = address.bytes();
        int first = bytes[0] & 0xff;
        if (address.family() == IpPrefix.V6) {
            return first == 0xff
                    ? "is a multicast address"
                    : IpAddress.format(bytes).equals("::") ? "is not a host address" : null;
        }
        if (first == 0 || first >= 224) {
            return "is not a host address";
        }
        if (address.length() < 31) {
            boolean allZero = true;
            boolean allOne = true;
            for (int bit = address.length(); bit < 32; bit++) {
                boolean one = (bytes[bit / 8] & 0x80 >> bit % 8) != 0;
                allZero &= !one;
                allOne &= one;
            }
            return allZero ? "is the network's own" : allOne ? "is the network's broadcast address" : null;
        }
        return null;
    }

    private void gateway(
            Net net, NetworkFacts.@Nullable LinkFacts link, Net.Family family, int number, List<IpPrefix> own) {
        Value<String> gateway = family.gateway();
        if (gateway == null || gateway.get().equals("dev")) {
            return;
        }
        if (gateway.get().equals("auto")) {
            if (!net.isRouted() && link != null && link.findAddress(number) == null) {
                add("gateway auto: the link has no IPv" + number + " address", gateway.place(), "write the address");
            } else if (!net.isRouted() && net.link() == null) {
                add("gateway auto: needs a link", gateway.place(), null);
            }
            return;
        }
        boolean reachable = net.isRouted();
        byte[] bytes = IpAddress.parse(gateway.get());
        for (IpPrefix address : own) {
            reachable |= address.contains(bytes);
            if (IpAddress.format(address.bytes()).equals(IpAddress.format(bytes))) {
                add("gateway " + gateway.get() + ": is the box's own address", gateway.place(), null);
            }
        }
        boolean linkLocal = number == IpPrefix.V6 && bytes[0] == (byte) 0xfe && (bytes[1] & 0xc0) == 0x80;
        if (!reachable && !linkLocal) {
            add(
                    "gateway " + gateway.get() + ": is in no network of the interface's addresses",
                    gateway.place(),
                    own.isEmpty() ? "it needs an address first" : null);
        }
    }
}
