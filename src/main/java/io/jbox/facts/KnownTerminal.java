package io.jbox.facts;

import io.jbox.number.HostGid;
import io.jbox.number.HostUid;

/**
 * Whose a command's terminal is to be.
 *
 * @param owner the user
 */
public record KnownTerminal(HostUid owner, HostGid group) {}
