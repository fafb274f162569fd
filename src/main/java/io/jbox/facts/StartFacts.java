package io.jbox.facts;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a compiled start of a box relies on, beside what any program does.
 *
 * @param folder of the box's state
 * @param book of who has which ids, and the line of it that this box has; null if the configuration says which ids
 * @param folders of the host that the box uses: path → struct statx, of which owner, mode, inode and device are compared
 * @param naming files in the root file system, as {@link KnownBox} has them
 * @param rootfs path
 * @param present paths that must exist
 * @param variables of the caller by name; null for one that must not be set
 * @param network the host's, as far as the box is connected to it
 * @param locks the file of locks on trees in use, and the byte of each tree that the box uses
 */
public record StartFacts(
        String folder,
        @Nullable Line book,
        Map<String, byte[]> folders,
        KnownBox naming,
        String rootfs,
        List<String> present,
        Map<String, @Nullable String> variables,
        NetworkValidity network,
        Locks locks) {
    /** A line of a file. */
    public record Line(String file, String text) {}

    /** Bytes of a file to lock for reading (fcntl(2), open file description locks). */
    public record Locks(String file, List<Long> bytes) {}

    /**
     * The record's texts. Numbers that are known only when the program runs have places in them.
     *
     * @param spec what the box is started with
     * @param starting before there are processes
     * @param made with processes, which have done nothing yet
     */
    public record Records(String spec, String starting, String made) {
        /** The place of the start's id. */
        public static final String ID = "IDIDIDIDIDIDIDIDIDID";

        public static final int MONITOR = 1_111_111_111;
        public static final int INIT = 1_111_111_112;
        public static final long MONITOR_START = 2_222_222_222_222_222_221L;
        public static final long INIT_START = 2_222_222_222_222_222_222L;
        /** The place of the time in milliseconds since 1970. */
        public static final long TIME = 3_333_333_333_333L;
    }
}
