package io.jbox;

import io.jbox.state.BoxState;

/**
 * A box has come to a state.
 *
 * @param millis when, since 1970
 */
public record BoxEvent(String box, BoxState state, long millis) {}
