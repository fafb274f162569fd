/**
 * The host's ids that boxes have for their users ({@code idmap: auto}, {@link io.jbox.ids.BoxIds}).
 *
 * <p>Root's boxes have a range each: {@link io.jbox.ids.IdPool} is what the host has to give, after /etc/subuid and
 * /etc/subgid; {@link io.jbox.ids.IdRanges} the book of who has what. Those of other users have what their user has: {@link
 * io.jbox.ids.UserIds}. {@link io.jbox.ids.OwnerShift} gives a root file system's files to such ids.
 */
@NullMarked
package io.jbox.ids;

import org.jspecify.annotations.NullMarked;
