package io.jbox.image;

/** Thrown for an invalid image, or one that a tree of the store cannot represent. */
public final class BadImageException extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param message what is wrong, without the image's name */
    BadImageException(String message) {
        super(message, null, false, false);
    }
}
