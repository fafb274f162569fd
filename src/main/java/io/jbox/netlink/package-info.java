/**
 * rtnetlink(7): messages to and from bytes, and the socket that carries them.
 *
 * <p>The codec is pure: {@link io.jbox.netlink.MessageWriter} appends, {@link io.jbox.netlink.Attributes} looks into
 * bytes and never beyond them. {@link io.jbox.netlink.NetlinkSocket} sends, matches answers by sequence numbers, repeats
 * dumps that were interrupted and turns the kernel's errors, with its own words, into exceptions.
 */
@NullMarked
package io.jbox.netlink;

import org.jspecify.annotations.NullMarked;
