/**
 * Reads the host facts that a plan needs, and runs host programs: hooks and templates. It also follows links in paths
 * of a configuration if other users cannot change them.
 */
@NullMarked
package io.jbox.host;

import org.jspecify.annotations.NullMarked;
