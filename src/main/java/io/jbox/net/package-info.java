/**
 * The host's network, as far as boxes need it: interfaces that were lent to boxes and come back, addresses that belong to
 * boxes, and jbox's own bridges with their DHCP, names and way out.
 */
@NullMarked
package io.jbox.net;

import org.jspecify.annotations.NullMarked;
