/**
 * From the tree of a text to a checked configuration. {@code Keys} lists every key once; the same list makes the JSON Schema
 * and what {@code jbox config show} prints. All problems of a file are reported at once.
 */
@NullMarked
package io.jbox.schema;

import org.jspecify.annotations.NullMarked;
