/**
 * Parses text into a tree in which every value knows its place. {@code YamlParser} is the only class that touches
 * SnakeYAML.
 */
@NullMarked
package io.jbox.yaml;

import org.jspecify.annotations.NullMarked;
