/**
 * Root file systems that boxes share: read-only trees, each in a folder that is called by the hash of all that is in it, and
 * what is known of the images that they were made from.
 */
@NullMarked
package io.jbox.store;

import org.jspecify.annotations.NullMarked;
