/** Numbers of different kinds, which cannot be taken for each other. */
@NullMarked
package io.jbox.number;

import org.jspecify.annotations.NullMarked;
