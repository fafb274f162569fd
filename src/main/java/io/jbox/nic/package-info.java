/**
 * Interfaces: those of the host that are lent to boxes and come back as they were, and who is connected to whom.
 */
@NullMarked
package io.jbox.nic;

import org.jspecify.annotations.NullMarked;
