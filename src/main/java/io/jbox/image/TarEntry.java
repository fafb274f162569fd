package io.jbox.image;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The description of one file in a tar archive (POSIX.1-2017 pax, tar(5)). Only what is needed to read it is checked.
 *
 * @param name as written; {@link io.jbox.problem.RawText}
 * @param target of a hard or symbolic link, else empty
 * @param mode the low twelve bits
 * @param mtime in seconds since 1970
 * @param size of the file's content in bytes, holes included
 * @param attributes extended attributes by name
 * @param segments what a sparse file has content for, in order; null if it has no holes
 */
record TarEntry(
        String name,
        String target,
        Type type,
        int mode,
        long uid,
        long gid,
        long mtime,
        long size,
        int major,
        int minor,
        Map<String, byte[]> attributes,
        @Nullable List<Segment> segments) {
    /** The bytes of its content, without holes. */
    long stored() {
        if (segments == null) {
            return size;
        }
        long bytes = 0;
        for (Segment segment : segments) {
            bytes += segment.length();
        }
        return bytes;
    }

    /** The same under another name, and with another target. */
    TarEntry named(String another, String otherTarget) {
        return new TarEntry(
                another, otherTarget, type, mode, uid, gid, mtime, size, major, minor, attributes, segments);
    }

    /** What kind of file it is. */
    enum Type {
        FILE,
        HARD_LINK,
        SYMBOLIC_LINK,
        CHARACTER_DEVICE,
        BLOCK_DEVICE,
        FOLDER,
        FIFO
    }

    /** Content of a sparse file, in bytes from its start. */
    record Segment(long offset, long length) {}
}
