/** Images as others make them (OCI, Docker): fetched by skopeo, and unpacked to trees of the store. */
@NullMarked
package io.jbox.image;

import org.jspecify.annotations.NullMarked;
