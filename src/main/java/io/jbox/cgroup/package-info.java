/**
 * Control groups (cgroups(7)), version 2 first, version 1 if the host still has it: finds where they are mounted, and
 * reads and controls those of one box.
 */
@NullMarked
package io.jbox.cgroup;

import org.jspecify.annotations.NullMarked;
