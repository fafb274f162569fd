/** Requests of callers of the library, and the paths that jbox uses: plain records. */
@NullMarked
package io.jbox.request;

import org.jspecify.annotations.NullMarked;
