/**
 * From text to a tree in which every value knows its place. {@code YamlParser} is the one class that touches SnakeYAML.
 */
@NullMarked
package io.jbox.yaml;

import org.jspecify.annotations.NullMarked;
