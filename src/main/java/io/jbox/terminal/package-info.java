/** Terminals and standard streams: what is carried between the caller and a box, and how it is left again. */
@NullMarked
package io.jbox.terminal;

import org.jspecify.annotations.NullMarked;
