/**
 * Access to the Linux kernel by programs of system calls.
 *
 * <p>A {@link io.jbox.kernel.Program} is data: ops of 96 bytes, each one system call with its result and the next op
 * for a negative, zero or positive one. A {@link io.jbox.kernel.Stub} of machine code runs it without stack, libc or
 * Java, so that the child of a {@code clone3} in a multi-threaded JVM can set up a whole box. {@link
 * io.jbox.kernel.Kernel} is the only way to the native side; {@link io.jbox.kernel.NativeKernel} is the only class that
 * touches jnr-ffi's layer.
 *
 * <p>Single calls have typed methods, in classes by subject: {@link io.jbox.kernel.PathCalls} and so on. They own
 * descriptors ({@link io.jbox.kernel.Fd}), errors ({@link io.jbox.kernel.KernelException}) and interruptions by signals.
 */
@NullMarked
package io.jbox.kernel;

import org.jspecify.annotations.NullMarked;
