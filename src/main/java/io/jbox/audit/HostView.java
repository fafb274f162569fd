package io.jbox.audit;

import java.util.List;

/** Looks up host paths for an audit. */
public interface HostView {
    /** The type of a file. */
    enum Kind {
        SOCKET,
        DEVICE,
        OTHER
    }

    /** The type of the file at a path. */
    Kind kind(String path);

    /** All paths that lead to a folder: a mount may show it, or a parent, elsewhere. */
    List<String> names(String path);
}
