package io.jbox.image;

/** Receives the progress of fetching an image. */
public interface Progress {
    /** Ignores the progress. */
    Progress NONE = new Progress() {
        @Override
        public boolean isShown() {
            return false;
        }

        @Override
        public void step(String what) {}
    };

    /** Whether the user sees it, so that other programs may also show theirs. */
    boolean isShown();

    /** @param what is being done, as {@code unpacking layer 2 of 5 (12 MB)} */
    void step(String what);
}
