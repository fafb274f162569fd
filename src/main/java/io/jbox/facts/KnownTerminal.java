package io.jbox.facts;

import io.jbox.number.HostGid;
import io.jbox.number.HostUid;

/**
 * The owner and group to set on a command's pseudo terminal, so that the command's user may open it again.
 *
 * @param owner the command's user, as a host id
 */
public record KnownTerminal(HostUid owner, HostGid group) {}
