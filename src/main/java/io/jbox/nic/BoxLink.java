package io.jbox.nic;

import io.jbox.netlink.Link;
import java.util.List;

/**
 * An interface in a box, with its connections.
 *
 * @param box its name
 * @param addresses with prefix lengths, without link-local ones
 * @param pair the host's end of a veth; empty for other kinds
 * @param bridge that the pair is a port of; empty for none
 * @param lent its name on the host, if it is a lent host interface; else empty
 */
public record BoxLink(String box, Link link, List<String> addresses, String pair, String bridge, String lent) {
    /** The kind; phys for a host interface. */
    public String kind() {
        return lent.isEmpty() ? link.kind().isEmpty() ? "-" : link.kind() : "phys";
    }

    public String state() {
        return !link.isUp() ? "down" : link.carrier() ? "up" : "no carrier";
    }
}
