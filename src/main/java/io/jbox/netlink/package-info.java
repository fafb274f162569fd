/**
 * rtnetlink(7): encodes and decodes messages, and the socket that carries them.
 *
 * <p>The codec is pure: {@link io.jbox.netlink.MessageWriter} appends, {@link io.jbox.netlink.Attributes} reads bytes
 * and never beyond their end. {@link io.jbox.netlink.NetlinkSocket} sends, matches answers by sequence numbers, repeats
 * interrupted dumps and turns the kernel's errors, with their messages, into exceptions.
 */
@NullMarked
package io.jbox.netlink;

import org.jspecify.annotations.NullMarked;
