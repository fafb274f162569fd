/**
 * Restricts the system calls of a box's programs: profiles, and the classic BPF filter that the kernel runs for every
 * call (seccomp(2)).
 *
 * <p>{@code text → Profile → Filter}: {@link io.jbox.seccomp.DefaultProfile}, LXC's format and OCI's JSON all become a
 * {@link io.jbox.seccomp.Profile}; {@link io.jbox.seccomp.FilterCompiler} turns it into one program for every ABI of
 * the processor, so that no other ABI bypasses it. Pure: this package does not look at the host.
 */
@NullMarked
package io.jbox.seccomp;

import org.jspecify.annotations.NullMarked;
