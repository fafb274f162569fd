/**
 * The language that launches are written in: system calls with named arguments, and what a process does with their
 * results. Pure data, independent of the running kernel.
 */
@NullMarked
package io.jbox.program;

import org.jspecify.annotations.NullMarked;
