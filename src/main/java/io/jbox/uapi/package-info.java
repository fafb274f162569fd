/** The kernel's interface to programs (include/uapi): the names and numbers of its calls, constants and errors. */
@org.jspecify.annotations.NullMarked
package io.jbox.uapi;
