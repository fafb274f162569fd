/**
 * What jbox remembers of boxes that run: {@code /run/jbox/NAME/}, one folder and one lock per box, and a record that is
 * replaced as a whole. Nothing in it is believed: a process is known by its id, start time and the kernel's boot, and
 * what the record says of a dead one is history.
 */
@NullMarked
package io.jbox.state;

import org.jspecify.annotations.NullMarked;
