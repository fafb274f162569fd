package io.jbox.image;

/** Who is told how far fetching an image is. */
public interface Progress {
    /** Tells nobody. */
    Progress NONE = new Progress() {
        @Override
        public boolean isShown() {
            return false;
        }

        @Override
        public void step(String what) {}
    };

    /** Whether somebody sees it, so that programs that are run may show their own. */
    boolean isShown();

    /** @param what is being done, as {@code unpacking layer 2 of 5 (12 MB)} */
    void step(String what);
}
