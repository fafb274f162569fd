/** Writing and reading JSON: maps, lists, text, numbers, booleans and null, in the order given. */
@NullMarked
package io.jbox.json;

import org.jspecify.annotations.NullMarked;
