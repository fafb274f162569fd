package io.jbox.facts;

import io.jbox.config.PublishedPort;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Ports of a box to publish on the host.
 *
 * @param user whether the box's user namespace must be entered before its network
 * @param uid of the forwarding process; null for the caller
 */
public record RelayRequest(
        List<PublishedPort> ports,
        boolean user,
        @Nullable Long uid,
        @Nullable Long gid) {
    public RelayRequest {
        ports = List.copyOf(ports);
    }
}
