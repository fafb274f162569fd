package io.jbox.plan;

import io.jbox.config.Capability;
import io.jbox.config.Config;
import io.jbox.config.IpPrefix;
import io.jbox.config.Net;
import io.jbox.config.NetType;
import io.jbox.config.Value;
import io.jbox.facts.NetworkFacts;
import java.util.ArrayList;
import java.util.List;

/** Notices on interfaces that a box cannot use as configured: nothing is wrong, but nothing sets them up. */
public final class NetworkNotices {
    private NetworkNotices() {}

    /** Whether an interface reaches a bridge past the source address check that jbox has for its own bridges. */
    public static boolean isUnguarded(Net net, NetworkFacts facts) {
        Value<String> link = net.link();
        NetworkFacts.LinkFacts there = link == null ? null : facts.links().get(link.get());
        return net.is(NetType.MACVLAN) && there != null && there.kind().equals("bridge");
    }

    /** One line for each interface without an address, if the box cannot set one itself. */
    public static List<String> of(Config config, NetworkFacts facts) {
        List<String> notices = new ArrayList<>();
        for (int i = 0; i < facts.choices().size(); i++) {
            NetworkFacts.Choice choice = facts.choices().get(i);
            Net net = config.net().get(i);
            if (choice.known() != null
                    && !choice.guarded()
                    && net.options().spoof().get().equals("deny")) {
                notices.add(
                        config.name().get()
                                + ": net: source addresses are not checked: jbox cannot load BPF programs here; spoof: allow accepts that");
            }
        }
        for (Net net : config.net()) {
            if (isUnguarded(net, facts)) {
                notices.add(
                        config.name().get()
                                + ": net: a macvlan on a bridge can send with the addresses of others there; type: veth cannot");
            }
        }
        if (config.confinement().cap().allows(Capability.NET_ADMIN)) {
            return notices;
        }
        List<String> names = InterfaceChoices.names(config.net());
        for (int i = 0; i < config.net().size(); i++) {
            Net net = config.net().get(i);
            String start = config.name().get() + ": net: " + names.get(i);
            if (!net.isLink()) {
                continue;
            }
            if (!net.up().get()) {
                notices.add(
                        start + " stays down: the box has no CAP_NET_ADMIN; set flags: up, or cap.add: [net_admin]");
            } else if (InterfaceChoices.addresses(net, facts, i, IpPrefix.V4).isEmpty()
                    && InterfaceChoices.addresses(net, facts, i, IpPrefix.V6).isEmpty()) {
                notices.add(
                        start
                                + " gets no IPv4 address: the box has no CAP_NET_ADMIN; set ipv4.address: ADDRESS/LENGTH, or cap.add: [net_admin] for a DHCP client in the box");
            }
        }
        return notices;
    }
}
