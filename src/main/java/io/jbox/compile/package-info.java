/**
 * Turns the steps of a process into ops, the data that the stub of {@code kernel} walks, and their results back into words.
 */
@NullMarked
package io.jbox.compile;

import org.jspecify.annotations.NullMarked;
