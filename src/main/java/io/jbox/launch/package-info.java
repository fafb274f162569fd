/**
 * Carries out plans: jbox's own steps one by one, a child by one clone, and programs of system calls for processes that
 * outlive jbox. A failed step undoes every step before it, and the error names the line of the configuration that asked
 * for it.
 */
@NullMarked
package io.jbox.launch;

import org.jspecify.annotations.NullMarked;
