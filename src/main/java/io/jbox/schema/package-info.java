/**
 * Turns the tree of a text into a checked configuration. {@code Keys} lists every key once; the same list makes the
 * JSON Schema and the output of {@code jbox config show}. All problems of a file are reported at once.
 */
@NullMarked
package io.jbox.schema;

import org.jspecify.annotations.NullMarked;
