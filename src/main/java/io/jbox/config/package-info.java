/**
 * What the user wrote: YAML text to immutable {@link io.jbox.config.Config} records, in which every value knows its
 * place.
 *
 * <p>Text → {@link io.jbox.config.Node} tree ({@code YamlParser}, the one class that touches SnakeYAML) → {@link
 * io.jbox.config.Section} of typed values, checked against {@link io.jbox.config.Keys}, which lists every key once →
 * {@link io.jbox.config.Config}. The same list makes the JSON Schema. All problems of a file are reported at once.
 */
@NullMarked
package io.jbox.config;

import org.jspecify.annotations.NullMarked;
