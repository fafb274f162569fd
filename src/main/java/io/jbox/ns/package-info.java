/**
 * The namespace tools: unshare(1), nsenter(1), lsns(8) and ip-netns(8).
 *
 * <p>A tool that starts a program does not run it below a JVM: this process itself becomes a small {@link
 * io.jbox.kernel.Program} (execveat of a sealed memfd) that unshares or joins, forks if required, reports errors, and
 * executes the program or waits for it. So it keeps its pid, its terminal and its parent, as the originals do.
 */
@NullMarked
package io.jbox.ns;

import org.jspecify.annotations.NullMarked;
