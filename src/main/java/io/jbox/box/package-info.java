/**
 * Boxes on a real host: a {@link io.jbox.plan.Plan} becomes a program of system calls, is walked, and is watched until
 * it ends.
 *
 * <p>{@code Launcher} takes jbox's own steps one by one, assembles those of the first process into one {@link
 * io.jbox.kernel.Program}, clones and waits until it has become what was asked for; {@code BoxProcess} is what then
 * runs. A failure at any step undoes every step before it and names the line of the configuration that asked for it.
 */
@NullMarked
package io.jbox.box;

import org.jspecify.annotations.NullMarked;
