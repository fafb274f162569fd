package io.jbox.bridge;

import java.util.List;

/**
 * The current state of a bridge.
 *
 * @param dnsmasq its process id; 0 if it is not running
 * @param missing what the host lacks
 */
public record BridgeStatus(
        String name,
        boolean isUp,
        List<String> addresses,
        int dnsmasq,
        boolean forwarding,
        boolean nat,
        List<String> missing) {}
