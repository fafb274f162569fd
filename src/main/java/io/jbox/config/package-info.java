/** The values of a configuration: immutable records, each value with the place that it was written at. */
@NullMarked
package io.jbox.config;

import org.jspecify.annotations.NullMarked;
