/** What a plan must know: of the host, of the caller, of the launch that is asked for. Plain records. */
@NullMarked
package io.jbox.facts;

import org.jspecify.annotations.NullMarked;
