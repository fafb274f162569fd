package io.jbox.config;

import io.jbox.problem.Place;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One interface, or {@code none} for the host's whole network.
 *
 * <pre>
 *   - {type: veth, link: jboxbr0, flags: up, ipv4: {address: 10.0.4.2/24, gateway: auto}}
 * </pre>
 *
 * @param place of the entry
 * @param up whether to bring it up
 * @param link the bridge, or the host interface
 * @param name in the box
 * @param hwaddr six pairs of hex digits or x
 * @param mtu in bytes
 * @param options of its type
 */
public record Net(
        Place place,
        Value<NetType> type,
        Value<Boolean> up,
        @Nullable Value<String> link,
        @Nullable Value<String> name,
        @Nullable Value<String> hwaddr,
        @Nullable Value<Long> mtu,
        Family ipv4,
        Family ipv6,
        Options options,
        Scripts script) {
    /**
     * What only some types have.
     *
     * @param vethPair the name of a veth's other end; null for a generated one
     * @param mode of a veth, macvlan or ipvlan
     * @param vlanId null if there is none
     * @param host whether a network of type user reaches services on the host's addresses
     * @param spoof whether a box on a bridge may use other source addresses
     */
    public record Options(
            @Nullable Value<String> vethPair,
            Value<String> mode,
            @Nullable Value<Long> vlanId,
            Value<String> host,
            Value<String> spoof) {}

    /**
     * Commands of the host.
     *
     * @param up runs when the interface exists
     * @param down runs when the box has ended
     */
    public record Scripts(
            @Nullable Value<String> up, @Nullable Value<String> down) {}

    /**
     * IPv4 or IPv6.
     *
     * @param gateway an address, auto or dev
     * @param routes destinations that the host reaches through a veth
     */
    public record Family(
            List<Value<IpPrefix>> addresses, @Nullable Value<String> gateway, List<Value<IpPrefix>> routes) {}

    public boolean is(NetType otherType) {
        return type.get() == otherType;
    }

    /** Whether it reaches the host's networks, but not the host itself. */
    public boolean isKeptFromHost() {
        return is(NetType.USER) && options.host().get().equals("deny");
    }

    /** Whether it is an interface made or moved by rtnetlink. */
    public boolean isLink() {
        return !is(NetType.NONE) && !is(NetType.EMPTY) && !is(NetType.USER);
    }

    /** Whether it is a veth without a bridge. */
    public boolean isRouted() {
        return is(NetType.VETH) && options.mode().get().equals("router");
    }
}
