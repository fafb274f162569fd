package io.jbox.request;

/** Is told what went well, but not as one might expect. */
public interface Notices {
    /** Wants to know nothing. */
    Notices NONE = new Notices() {
        @Override
        public void tell(String notice) {}
    };

    /** @param notice one line */
    void tell(String notice);
}
