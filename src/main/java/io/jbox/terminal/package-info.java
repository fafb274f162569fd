/** Terminals and standard streams: copies bytes between the caller and a box, and recognizes the keys that end that. */
@NullMarked
package io.jbox.terminal;

import org.jspecify.annotations.NullMarked;
