package io.jbox.plan;

import io.jbox.config.IpPrefix;
import io.jbox.config.Net;
import io.jbox.config.NetType;
import io.jbox.config.Value;
import io.jbox.facts.NetworkFacts;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Chooses names and addresses of interfaces where the configuration gives none. */
final class InterfaceChoices {
    private InterfaceChoices() {}

    /**
     * The names in the box: the configured one, a host interface's own, else the first free of eth0, eth1 and so on.
     */
    static List<String> names(List<Net> nets) {
        List<String> names = new ArrayList<>();
        for (Net net : nets) {
            Value<String> link = net.link();
            Value<String> name = net.name();
            names.add(name != null ? name.get() : net.is(NetType.PHYS) && link != null ? link.get() : "");
        }
        int next = 0;
        for (int i = 0; i < names.size(); i++) {
            if (names.get(i).isEmpty() && (nets.get(i).isLink() || nets.get(i).is(NetType.USER))) {
                while (names.contains("eth" + next)) {
                    next++;
                }
                names.set(i, "eth" + next);
            }
        }
        return names;
    }

    /** The addresses of an interface, including chosen ones. */
    static List<IpPrefix> addresses(Net net, NetworkFacts facts, int index, int family) {
        NetworkFacts.@Nullable Choice choice =
                index < facts.choices().size() ? facts.choices().get(index) : null;
        IpPrefix chosen = choice == null ? null : family == IpPrefix.V4 ? choice.ipv4() : choice.ipv6();
        List<IpPrefix> addresses = new ArrayList<>();
        Net.Family written = family == IpPrefix.V4 ? net.ipv4() : net.ipv6();
        for (Value<IpPrefix> value : written.addresses()) {
            if (!value.get().isAuto()) {
                addresses.add(value.get());
            }
        }
        if (chosen != null) {
            addresses.add(chosen);
        }
        return addresses;
    }
}
