package io.jbox.facts;

import io.jbox.config.IpPrefix;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a plan must know of the host's network, and what was chosen for the box in it.
 *
 * @param seed of this host, so that two hosts do not choose the same hardware addresses
 * @param links the interfaces that the configuration names, by name
 * @param down bridges of jbox's own that are not there yet; in links as what they will be
 * @param choices for each interface of the configuration, in its order
 * @param owners the boxes that addresses belong to, by the address as text; without this box
 * @param lent the boxes that host's interfaces are in, by the interface's name
 * @param own the host's IPv4 networks of its own, as ADDRESS/LENGTH, but for its loopback's; only for who must be kept away from
 *     them
 */
public record NetworkFacts(
        String seed,
        Map<String, LinkFacts> links,
        List<String> down,
        List<Choice> choices,
        Map<String, String> owners,
        Map<String, String> lent,
        List<String> own) {
    /** Nothing is known, and nothing is asked for. */
    public static final NetworkFacts NONE =
            new NetworkFacts("", Map.of(), List.of(), List.of(), Map.of(), Map.of(), List.of());

    /**
     * What the hardware addresses of an interface depend on: the plan sets them, and leases are given to them.
     *
     * @param number of the interface in the box
     */
    public String seedOf(String box, int number) {
        return seed + " " + box + " " + number;
    }

    /**
     * An interface of the host.
     *
     * @param kind bridge, veth and so on; empty for hardware
     * @param mtu in bytes
     * @param master the bridge that it is a port of; empty for none
     * @param addresses of its own
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
     * What was chosen for an interface.
     *
     * @param pair the host's end of a veth; empty for other types
     * @param ipv4 instead of {@code auto}, or where nothing in the box could ask for one
     * @param known the address of it that is known on a bridge of jbox's own: the box's name leads there
     * @param leased whether the box asks for that one
     * @param defaultGateway whether it gets one although nothing is written: nobody else will tell it
     * @param resolver the address of who knows the names of boxes there; null where nobody does, or the box is told by DHCP
     * @param guarded whether its packets must be its own
     */
    public record Choice(
            String pair,
            @Nullable IpPrefix ipv4,
            @Nullable IpPrefix ipv6,
            @Nullable IpPrefix known,
            boolean leased,
            boolean defaultGateway,
            @Nullable String resolver,
            boolean guarded) {}
}
