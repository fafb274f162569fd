package io.jbox.life;

import io.jbox.state.BoxState;

/**
 * A box has come to a state.
 *
 * @param millis when, since 1970
 * @param oomKills how many of its processes were killed because its memory was used up: in its whole run if it has
 *     stopped, since the last check if it still runs
 * @param reboots how often in a row it has rebooted soon after its start
 */
public record BoxEvent(String box, BoxState state, long millis, long oomKills, int reboots) {}
