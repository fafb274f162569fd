/**
 * Turns the steps of a process into ops, the data that the stub of {@code kernel} runs, and their results into error
 * messages.
 */
@NullMarked
package io.jbox.compile;

import org.jspecify.annotations.NullMarked;
