/**
 * Reads what a plan must know of the host, and runs the host's programs: hooks and templates. Paths that a configuration
 * names are followed here as far as nobody else can change them.
 */
@NullMarked
package io.jbox.host;

import org.jspecify.annotations.NullMarked;
