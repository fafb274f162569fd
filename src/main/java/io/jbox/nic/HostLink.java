package io.jbox.nic;

import io.jbox.netlink.Link;
import java.util.List;

/**
 * An interface of the host.
 *
 * @param addresses with prefix lengths, without those of the link's own scope
 * @param bridge that it is a port of; empty for none
 */
public record HostLink(Link link, List<String> addresses, String bridge) {}
