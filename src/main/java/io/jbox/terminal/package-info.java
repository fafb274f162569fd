/**
 * What stands between the caller and a box: terminals, standard streams and signals. Copies bytes, forwards signals, and
 * recognizes the keys that end that.
 */
@NullMarked
package io.jbox.terminal;

import org.jspecify.annotations.NullMarked;
