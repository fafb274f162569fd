/**
 * The state of running boxes in {@code /run/jbox/NAME/}: one folder and one lock per box, and a record that is replaced
 * atomically. A record is never trusted blindly: a process is identified by its id, its start time and the kernel's
 * boot id, and an entry for a dead process is out of date.
 */
@NullMarked
package io.jbox.state;

import org.jspecify.annotations.NullMarked;
