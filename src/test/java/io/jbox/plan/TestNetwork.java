package io.jbox.plan;

import io.jbox.config.IpAddress;
import io.jbox.config.IpPrefix;
import io.jbox.config.Net;
import io.jbox.config.NetType;
import io.jbox.config.Value;
import io.jbox.facts.NetworkFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A host with two bridges and an interface, for plans. */
public final class TestNetwork {
    private TestNetwork() {}

    public static NetworkFacts of(List<Net> nets) {
        List<NetworkFacts.Choice> choices = new ArrayList<>();
        for (int i = 0; i < nets.size(); i++) {
            Net net = nets.get(i);
            boolean auto = false;
            for (Value<IpPrefix> address : net.ipv4().addresses()) {
                auto |= address.get().isAuto();
            }
            choices.add(new NetworkFacts.Choice(
                    net.is(NetType.VETH) ? "veth00000" + i : "",
                    auto ? v4("10.0.4.10" + i, 24) : null,
                    null,
                    null,
                    false,
                    false,
                    auto ? "10.0.4.1" : null,
                    auto));
        }
        return new NetworkFacts(
                "machine",
                Map.of(
                        "jboxbr0", link("bridge", "", v4("10.0.4.1", 24), v6("fd00::1", 64)),
                        "lan0", link("bridge", ""),
                        "nic0", link("", ""),
                        "port0", link("veth", "lan0")),
                List.of(),
                choices,
                Map.of("10.0.4.66", "other"),
                Map.of("nic9", "borrower"),
                List.of("10.0.4.1/32", "10.97.0.0/16"));
    }

    private static NetworkFacts.LinkFacts link(String kind, String master, IpPrefix... addresses) {
        return new NetworkFacts.LinkFacts(kind, 1500, 68, 9000, false, false, master, List.of(addresses));
    }

    static IpPrefix v4(String address, int length) {
        return new IpPrefix(address, IpPrefix.V4, length, null);
    }

    private static IpPrefix v6(String address, int length) {
        return new IpPrefix(IpAddress.format(IpAddress.parse(address)), IpPrefix.V6, length, null);
    }
}
