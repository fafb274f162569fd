/** Numbers of different kinds, which cannot be taken for each other, and what is counted of bytes: their hash. */
@NullMarked
package io.jbox.number;

import org.jspecify.annotations.NullMarked;
