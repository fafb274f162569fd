/**
 * The language that a launch is written in: named system calls with arguments that have names, and what a process does with
 * their results. Pure data; nothing here knows the kernel.
 */
@NullMarked
package io.jbox.program;

import org.jspecify.annotations.NullMarked;
