/**
 * What starting a box will do, as data: {@code Config + HostFacts → Plan}, pure.
 *
 * <p>A {@link io.jbox.plan.Plan} is an ordered list of {@link io.jbox.plan.Step}s; each is one intention ({@code mount
 * "proc" on "/proc"}) made of {@link io.jbox.plan.Call}s that name system calls and constants and print in strace's
 * notation. Each knows the place in the configuration that asked for it. {@code jbox plan} prints the very list that
 * {@code jbox start} turns into a program; nothing here knows a number or touches the host.
 */
@NullMarked
package io.jbox.plan;

import org.jspecify.annotations.NullMarked;
