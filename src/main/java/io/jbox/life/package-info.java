/**
 * The life of boxes, from their start to the moment when nothing of them is left: starting, stopping, joining, freezing,
 * making and removing. {@code BoxRegistry} knows which boxes there are; {@code Settler} brings what is recorded of a box to what
 * is true, and whatever has died, what it owed is done by whoever comes next.
 */
@NullMarked
package io.jbox.life;

import org.jspecify.annotations.NullMarked;
