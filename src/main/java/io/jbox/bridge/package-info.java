/** jbox's own bridges, with their addresses, DHCP, names and way out. */
@NullMarked
package io.jbox.bridge;

import org.jspecify.annotations.NullMarked;
