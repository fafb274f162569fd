/**
 * Finds what a box could do to the host: from its configuration ({@link io.jbox.audit.Auditor}), each finding with the
 * line that permits it, or by trying it from inside ({@link io.jbox.audit.Probe}). Pure: this package does not look at
 * the host or run anything.
 */
@NullMarked
package io.jbox.audit;

import org.jspecify.annotations.NullMarked;
