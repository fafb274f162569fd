/** Lends host interfaces to boxes and brings them back as they were, and shows how interfaces are connected. */
@NullMarked
package io.jbox.nic;

import org.jspecify.annotations.NullMarked;
