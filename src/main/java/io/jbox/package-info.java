/**
 * jbox as a library: {@link io.jbox.Jbox} knows the boxes of this host, {@link io.jbox.Box} is one of them. The commands
 *
 *
 * <p>Each command begins by bringing what is recorded of a box to what is true ({@code Settler}): whatever died in
 * between, what it owed is done by whoever comes next.
 */
@NullMarked
package io.jbox;

import org.jspecify.annotations.NullMarked;
