/**
 * Carries plans out: jbox's own steps one by one, a child by one clone, programs of system calls for those who live on.
 * A failure at any step undoes every step before it and names the line of the configuration that asked for it.
 */
@NullMarked
package io.jbox.launch;

import org.jspecify.annotations.NullMarked;
