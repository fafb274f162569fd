package io.jbox.request;

/** Receives notices about results that the user may not expect, although nothing failed. */
public interface Notices {
    /** Ignores all notices. */
    Notices NONE = new Notices() {
        @Override
        public void tell(String notice) {}
    };

    /** @param notice one line */
    void tell(String notice);
}
