/**
 * Root file systems that boxes share: read-only trees, each in a folder named after the hash of its content, and
 * records of the images that they were made from.
 */
@NullMarked
package io.jbox.store;

import org.jspecify.annotations.NullMarked;
