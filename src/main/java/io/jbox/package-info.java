/**
 * jbox as a library: {@link io.jbox.Jbox} knows the boxes of this host, {@link io.jbox.Box} is one of them. To look at a
 * box changes nothing. What a dead process has left undone is completed by the next command that acts on its box,
 * or by {@link io.jbox.Jbox#tidyUp}.
 */
@NullMarked
package io.jbox;

import org.jspecify.annotations.NullMarked;
