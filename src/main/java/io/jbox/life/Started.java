package io.jbox.life;

import io.jbox.launch.MonitoredBox;
import io.jbox.state.BoxRecord;

/**
 * A box that was just started.
 *
 * @param record as it is while the box runs
 */
public record Started(BoxRecord record, MonitoredBox box) {}
