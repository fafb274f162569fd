/** The inputs of planning: facts on the host and the caller, and the requested launch. Plain records. */
@NullMarked
package io.jbox.facts;

import org.jspecify.annotations.NullMarked;
