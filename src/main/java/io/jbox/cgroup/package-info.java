/**
 * Control groups (cgroups(7)), version 2 first, version 1 where the host still has it: where they are mounted, and what
 * can be read of and done to that of one box.
 */
@NullMarked
package io.jbox.cgroup;

import org.jspecify.annotations.NullMarked;
