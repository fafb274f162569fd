package io.jbox.image;

/** An image that is not what it must be, or that wants what a tree of the store cannot have. */
public final class BadImageException extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param message what is wrong, without the image's name */
    BadImageException(String message) {
        super(message, null, false, false);
    }
}
