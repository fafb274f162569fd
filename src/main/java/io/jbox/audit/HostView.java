package io.jbox.audit;

import java.util.List;

/** How the host looks at where a configuration leads. */
public interface HostView {
    /** What a file is. */
    enum Kind {
        SOCKET,
        DEVICE,
        OTHER
    }

    /** What is at a path. */
    Kind kind(String path);

    /** All paths that lead to a folder: a mount may show it, or what it is in, in another place. */
    List<String> names(String path);
}
