package io.jbox.facts;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a compiled start or run of a box relies on, besides what every program relies on.
 *
 * @param book line that assigns this box its ids; null if the configuration sets them
 * @param folders of the host that the box uses: path → struct statx, of which owner, mode, inode and device are compared
 * @param naming files in each layer of the root file system, the uppermost first
 * @param present paths that must exist
 * @param variables of the caller by name; null for one that must not be set
 * @param network the parts of the host's network to which the box is connected
 * @param locks the file of locks on trees in use, and the byte of each tree that the box uses
 */
public record LaunchFacts(
        @Nullable BookLine book,
        Map<String, byte[]> folders,
        List<KnownBox> naming,
        List<String> present,
        Map<String, @Nullable String> variables,
        NetworkValidity network,
        Locks locks) {
    /** The lines of books that assign ids and addresses to the box. */
    public List<BookLine> lines() {
        List<BookLine> lines = new ArrayList<>(network.lines());
        if (book != null) {
            lines.add(book);
        }
        return lines;
    }

    /** Bytes of a file to lock for reading (fcntl(2), open file description locks). */
    public record Locks(String file, List<Long> bytes) {}
}
