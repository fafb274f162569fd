/**
 * jbox as a library: {@link io.jbox.Jbox} knows the boxes of this host, {@link io.jbox.Box} is one of them. The commands
 *
 *
 * <p>Each command first updates a box's record to its true state ({@code Settler}): if a process died in between, the
 * next command completes its work.
 */
@NullMarked
package io.jbox;

import org.jspecify.annotations.NullMarked;
