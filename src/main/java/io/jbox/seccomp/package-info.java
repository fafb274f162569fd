/**
 * Which system calls a box's programs may make: profiles, and the filter of classic BPF that the kernel runs for every
 * call (seccomp(2)).
 *
 * <p>{@code text → Profile → Filter}: {@link io.jbox.seccomp.DefaultProfile}, LXC's format and OCI's JSON all become a
 * {@link io.jbox.seccomp.Profile}; {@link io.jbox.seccomp.FilterCompiler} makes one program of it for every ABI that the
 * processor runs, so that no other ABI is a way round. Pure: nothing here looks at the host.
 */
@NullMarked
package io.jbox.seccomp;

import org.jspecify.annotations.NullMarked;
