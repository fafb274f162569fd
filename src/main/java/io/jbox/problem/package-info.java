/**
 * Errors: what went wrong, where, and what to do about it.
 *
 * <p>Every error a user sees is a {@link io.jbox.problem.Problem}: one line of cause, the {@link io.jbox.problem.Place}
 * in the configuration that asked for it, and a hint where there is one. A {@link io.jbox.problem.JboxException}
 * carries one or several of them to the command line or to the caller of the library. This package does not depend on
 * YAML or the kernel.
 */
@NullMarked
package io.jbox.problem;

import org.jspecify.annotations.NullMarked;
