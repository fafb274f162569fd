package io.jbox.facts;

import io.jbox.config.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What planning must know of the host's network, and the values chosen for the box in it.
 *
 * @param seed of this host, so that two hosts do not choose the same hardware addresses
 * @param links the interfaces named in the configuration, by name
 * @param down jbox bridges that do not exist yet; links holds what they will be
 * @param choices one for each interface of the configuration, in order
 * @param owners the boxes that own addresses, by the address as text; without this box
 * @param lent the boxes that host interfaces are lent to, by the interface's name
 * @param own the host's own IPv4 networks, as ADDRESS/LENGTH, except its loopback's; only set for a box that must be
 *     kept from them
 */
public record NetworkFacts(
        String seed,
        Map<String, LinkFacts> links,
        List<String> down,
        List<Choice> choices,
        Map<String, String> owners,
        Map<String, String> lent,
        List<String> own) {
    /** No facts, for a box that needs none. */
    public static final NetworkFacts NONE =
            new NetworkFacts("", Map.of(), List.of(), List.of(), Map.of(), Map.of(), List.of());

    /**
     * Seeds the hardware addresses of an interface, which the plan sets and leases refer to.
     *
     * @param number of the interface in the box
     */
    public String seedOf(String box, int number) {
        return seed + " " + box + " " + number;
    }

    /**
     * The same with other names for the host's ends of veths.
     *
     * @param pairs one for each interface of the configuration, in order
     */
    public NetworkFacts with(List<String> pairs) {
        List<Choice> renamed = new ArrayList<>();
        for (int i = 0; i < choices.size(); i++) {
            renamed.add(choices.get(i).with(pairs.get(i)));
        }
        return new NetworkFacts(seed, links, down, renamed, owners, lent, own);
    }

    /**
     * An interface of the host.
     *
     * @param kind bridge, veth and so on; empty for hardware
     * @param mtu in bytes
     * @param master the bridge that it is a port of; empty for none
     * @param addresses its own addresses
     */
    public record LinkFacts(
            String kind,
            int mtu,
            int leastMtu,
            int mostMtu,
            boolean loopback,
            boolean wireless,
            String master,
            List<IpPrefix> addresses) {
        /** Its first address of a family; null if it has none. */
        public @Nullable IpPrefix findAddress(int family) {
            for (IpPrefix address : addresses) {
                if (address.family() == family) {
                    return address;
                }
            }
            return null;
        }
    }

    /**
     * The values chosen for an interface.
     *
     * @param pair the host's end of a veth; empty for other types
     * @param ipv4 instead of {@code auto}, or if nothing in the box could request one
     * @param known the address that the box's name resolves to on a jbox bridge
     * @param leased whether the box requests that address by DHCP
     * @param defaultGateway whether to set a gateway although none is configured, because nothing else will
     * @param resolver address of the resolver that knows box names; null if there is none, or DHCP provides it
     * @param guarded whether its source addresses are checked
     */
    public record Choice(
            String pair,
            @Nullable IpPrefix ipv4,
            @Nullable IpPrefix ipv6,
            @Nullable IpPrefix known,
            boolean leased,
            boolean defaultGateway,
            @Nullable String resolver,
            boolean guarded) {
        Choice with(String other) {
            return new Choice(other, ipv4, ipv6, known, leased, defaultGateway, resolver, guarded);
        }
    }
}
