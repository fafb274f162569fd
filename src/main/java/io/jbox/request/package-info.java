/** What a caller of the library asks for, and where jbox finds things: plain records. */
@NullMarked
package io.jbox.request;

import org.jspecify.annotations.NullMarked;
