/**
 * The command line: one class per command, each with its options as data.
 *
 * <p>jbox has a small parser of its own: picocli with its annotations takes 50 to 90 ms of every command's start, more
 * than all the rest of a launch. The same {@link io.jbox.cli.CommandSpec} makes the parser, the help and the
 * completions.
 */
@NullMarked
package io.jbox.cli;

import org.jspecify.annotations.NullMarked;
