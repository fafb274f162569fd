/** Loads jbox's profiles for Linux security modules. */
@NullMarked
package io.jbox.lsm;

import org.jspecify.annotations.NullMarked;
