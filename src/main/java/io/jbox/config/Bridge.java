package io.jbox.config;

import org.jspecify.annotations.Nullable;

/**
 * A bridge of jbox's own for boxes, with DHCP, names and a way out.
 *
 * @param name of the interface
 * @param ipv4 its address and network
 * @param ipv6 likewise; null for none
 * @param mtu in bytes
 * @param nat whether what boxes send out looks as if this host did; nobody out there can begin a connection to them then
 * @param dhcp whether boxes are given addresses and names
 * @param domain that the boxes' names are in
 */
public record Bridge(
        String name,
        Value<IpPrefix> ipv4,
        @Nullable Value<IpPrefix> ipv6,
        long mtu,
        boolean nat,
        boolean dhcp,
        String domain) {}
