package io.jbox.host;

import io.jbox.kernel.FileStatus;

/** The trees of the host's files that boxes have: what is in them says nothing of who has put it there. */
public interface BoxTrees {
    /** No boxes. */
    BoxTrees NONE = new BoxTrees() {
        @Override
        public boolean isTop(FileStatus folder) {
            return false;
        }
    };

    /** Whether a folder is the uppermost one of a tree that some box has, be it as its root, as a layer or as a mount. */
    boolean isTop(FileStatus folder);
}
