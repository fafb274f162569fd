/**
 * What a box could do to the host: read off its configuration ({@link io.jbox.audit.Auditor}), each finding with the line
 * that opens it, or tried from inside ({@link io.jbox.audit.Probe}). Pure: nothing here looks at the host or runs anything.
 */
@NullMarked
package io.jbox.audit;

import org.jspecify.annotations.NullMarked;
