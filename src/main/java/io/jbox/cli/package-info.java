/**
 * The command line: one class per command, each telling its options as data.
 *
 * <p>Parsing is our own, and small: picocli with its annotations takes 50 to 90 ms of every command's start, more than
 * all the rest of a launch. The same {@link io.jbox.cli.CommandSpec} makes the parser, the help and the completions.
 */
@NullMarked
package io.jbox.cli;

import org.jspecify.annotations.NullMarked;
