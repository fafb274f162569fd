package io.jbox.config;

import org.jspecify.annotations.Nullable;

/**
 * A bridge that jbox manages for boxes, with DHCP, DNS names and NAT.
 *
 * @param name of the interface
 * @param ipv4 its address and network
 * @param ipv6 likewise; null for none
 * @param mtu in bytes
 * @param nat whether the boxes' outgoing packets get the host's address; then nobody outside can open a connection to
 *     them
 * @param dhcp whether boxes are given addresses and names
 * @param domain of the boxes' names
 */
public record Bridge(
        String name,
        Value<IpPrefix> ipv4,
        @Nullable Value<IpPrefix> ipv6,
        long mtu,
        boolean nat,
        boolean dhcp,
        String domain) {}
