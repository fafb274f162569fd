/**
 * The host's ids that boxes have for their users: every box a range of its own ({@code idmap: auto}).
 *
 * <p>{@link io.jbox.ids.IdPool} is what the host has to give, after /etc/subuid and /etc/subgid; {@link
 * io.jbox.ids.IdRanges} the book of who has what.
 */
@NullMarked
package io.jbox.ids;

import org.jspecify.annotations.NullMarked;
