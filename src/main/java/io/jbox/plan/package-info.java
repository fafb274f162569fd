/**
 * Plans a launch as data: {@code Config + HostFacts → Plan}, pure.
 *
 * <p>Each class of steps covers one topic: root file systems, networks, the monitor's life. {@code jbox plan} prints
 * the same {@link io.jbox.program.Plan} that {@code jbox start} turns into programs; this package knows no numbers and
 * does not touch the host.
 */
@NullMarked
package io.jbox.plan;

import org.jspecify.annotations.NullMarked;
