/**
 * The life of boxes from their start until they are removed: starting, stopping, joining, freezing, making and
 * removing. {@code BoxRegistry} knows which boxes there are. {@code Settler} updates a box's record to its true state:
 * if a process dies, the next command completes its work.
 */
@NullMarked
package io.jbox.life;

import org.jspecify.annotations.NullMarked;
