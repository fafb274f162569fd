/** jbox's own profiles of a Linux security module. */
@NullMarked
package io.jbox.lsm;

import org.jspecify.annotations.NullMarked;
