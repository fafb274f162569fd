package io.jbox.nic;

import io.jbox.netlink.Link;
import java.util.List;

/**
 * An interface of the host.
 *
 * @param addresses with prefix lengths, without link-local ones
 * @param bridge that it is a port of; empty for none
 */
public record HostLink(Link link, List<String> addresses, String bridge) {}
