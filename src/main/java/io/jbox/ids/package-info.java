/**
 * Chooses the host ids of boxes ({@code idmap: auto}, {@link io.jbox.ids.BoxIds}).
 *
 * <p>Each of root's boxes gets a range: {@link io.jbox.ids.IdPool} has the available ranges, from /etc/subuid and
 * /etc/subgid; {@link io.jbox.ids.IdRanges} stores the assigned ones. Boxes of other users get the user's ids: {@link
 * io.jbox.ids.UserIds}. {@link io.jbox.ids.OwnerShift} changes the owners of a root file system to such ids.
 */
@NullMarked
package io.jbox.ids;

import org.jspecify.annotations.NullMarked;
