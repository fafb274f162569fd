package io.jbox.host;

import io.jbox.kernel.FileStatus;

/** The host file trees that boxes use: the owner of a file in them does not show who made it. */
public interface BoxTrees {
    /** No boxes. */
    BoxTrees NONE = new BoxTrees() {
        @Override
        public boolean isTop(FileStatus folder) {
            return false;
        }
    };

    /** Whether a folder is the top of a tree that a box uses as its root, as a layer or as a mount. */
    boolean isTop(FileStatus folder);
}
