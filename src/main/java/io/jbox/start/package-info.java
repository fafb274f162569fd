/** The first class of a command, which is loaded from a jar of its own. */
@NullMarked
package io.jbox.start;

import org.jspecify.annotations.NullMarked;
