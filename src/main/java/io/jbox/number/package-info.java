/** Types for different kinds of numbers, which cannot be confused with each other, and the hash of bytes. */
@NullMarked
package io.jbox.number;

import org.jspecify.annotations.NullMarked;
