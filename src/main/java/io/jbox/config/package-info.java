/** The values of a configuration: immutable records, each value with its place in the text. */
@NullMarked
package io.jbox.config;

import org.jspecify.annotations.NullMarked;
