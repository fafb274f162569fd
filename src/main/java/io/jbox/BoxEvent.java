package io.jbox;

import io.jbox.state.BoxState;

/**
 * A box has come to a state.
 *
 * @param millis when, since 1970
 * @param oomKills of a box that has stopped: how many of its processes were killed because its memory was used up
 */
public record BoxEvent(String box, BoxState state, long millis, long oomKills) {}
