/** Reads and writes JSON: maps, lists, text, numbers, booleans and null, in the given order. */
@NullMarked
package io.jbox.json;

import org.jspecify.annotations.NullMarked;
