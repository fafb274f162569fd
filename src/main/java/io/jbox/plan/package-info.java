/**
 * What a launch will do, as data: {@code Config + HostFacts → Plan}, pure.
 *
 * <p>Each class of steps knows one matter: root file systems, networks, the monitor's life. {@code jbox plan} prints the
 * very {@link io.jbox.program.Plan} that {@code jbox start} turns into programs; nothing here knows a number or touches the
 * host.
 */
@NullMarked
package io.jbox.plan;

import org.jspecify.annotations.NullMarked;
