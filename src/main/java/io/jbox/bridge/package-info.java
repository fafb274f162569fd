/** jbox's bridges with their addresses, DHCP, names and NAT. */
@NullMarked
package io.jbox.bridge;

import org.jspecify.annotations.NullMarked;
