package io.jbox.store;

import io.jbox.kernel.Fd;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.FolderCalls;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.NodeCalls;
import io.jbox.kernel.PathCalls;
import io.jbox.number.Sha256;
import io.jbox.problem.RawText;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Flag;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The complete description of a tree: a line for each file, folder by folder, sorted by name. Its SHA-256 is the tree's
 * hash, which does not depend on the machine or file system.
 *
 * <pre>
 * jbox-tree 1
 * d 755 0 0 1700000000 - /
 * f 4755 0 0 1700000000 832 sha256:… /bin/su
 * l 777 0 0 1700000000 usr/lib /lib
 * h /bin/su /bin/sudo
 * x security.capability 0100000200200000000000000000000000000000
 * c 666 0 0 1700000000 1:3 /dev/null
 * p 644 0 0 1700000000 - /run/fifo
 * </pre>
 *
 * <p>The fields are type, permissions in octal, user, group, time in seconds, what the type has, path. An {@code h} line is another
 * name of a file; {@code x} lines are extended attributes of the file above. In paths, bytes other than printable ASCII, the
 * space and the backslash are {@code \ooo}.
 */
public final class TreeListing {
    /** How deep folders may be nested. */
    public static final int MAX_DEPTH = 512;

    /** The maximum length of all lines together. */
    private static final int MAX_LENGTH = 512 << 20;

    private static final String FIRST = "jbox-tree 1\n";
    private static final int BUFFER = 256 * 1024;

    private final Fd root;
    private final StringBuilder lines = new StringBuilder(FIRST);
    private final Map<Long, String> names = new HashMap<>();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
    private final long noFollow;
    private long bytes;

    private TreeListing(Fd root) {
        this.root = root;
        this.noFollow = Flag.O_NOFOLLOW.value(root.kernel().processor());
    }

    /**
     * @param text the lines
     * @param bytes of the files' content
     */
    public record Listed(String text, long bytes) {
        /** 64 hexadecimal digits. */
        public String hash() {
            return Sha256.of(text.getBytes(StandardCharsets.US_ASCII));
        }
    }

    /**
     * Whether an extended attribute belongs to a tree: what an overlay writes for itself does not, nor what an archive cannot name,
     * where the value follows the first {@code =}.
     */
    public static boolean isKept(String attribute) {
        boolean known = attribute.equals("security.capability")
                || attribute.startsWith("system.posix_acl_")
                || attribute.startsWith("user.") && !attribute.startsWith("user.overlay.");
        return known && attribute.indexOf('=') < 0;
    }

    /** The extended attributes that belong to a tree, sorted, of an open file, opened with O_PATH too. */
    public static Map<String, byte[]> attributes(Fd file) throws KernelException {
        Map<String, byte[]> kept = new TreeMap<>();
        try {
            for (String attribute : NodeCalls.attributes(file)) {
                if (isKept(attribute)) {
                    kept.put(attribute, NodeCalls.attribute(file, attribute));
                }
            }
        } catch (KernelException e) {
            // A file system without attributes has none.
            if (!e.is(Errno.EOPNOTSUPP)) {
                throw e;
            }
        }
        return kept;
    }

    /**
     * Reads a whole tree.
     *
     * @throws IOException if a file cannot be read
     * @throws KernelException the same
     */
    public static Listed of(Fd root) throws IOException, KernelException {
        TreeListing listing = new TreeListing(root);
        FileStatus status = FileStatus.of(root);
        if (status == null) {
            throw new KernelException(Errno.ENOENT);
        }
        listing.add(root, ".", "/", status);
        listing.folder("", 0);
        return new Listed(listing.lines.toString(), listing.bytes);
    }

    /** Opens the folder by its path each time, so that a deep tree does not need a descriptor for each level. */
    private void folder(String path, int depth) throws IOException, KernelException {
        if (depth > MAX_DEPTH) {
            throw new IOException("folders are nested more than " + MAX_DEPTH + " deep");
        }
        long flags = Constants.O_RDONLY | Flag.O_DIRECTORY.value(root.kernel().processor());
        List<String> folders = new ArrayList<>();
        String shown = path.isEmpty() ? "/" : "/" + path + "/";
        try (Fd folder = PathCalls.openAt2(
                root.kernel(),
                root,
                path.isEmpty() ? "." : path,
                flags,
                0,
                Constants.RESOLVE_NO_SYMLINKS | Constants.RESOLVE_IN_ROOT)) {
            List<String> children = FolderCalls.names(folder);
            children.sort((a, b) -> Arrays.compareUnsigned(RawText.encode(a), RawText.encode(b)));
            for (String child : children) {
                FileStatus status = FileStatus.at(folder, child);
                if (status == null) {
                    throw new KernelException(Errno.ENOENT);
                }
                add(folder, child, shown + child, status);
                if (status.isFolder()) {
                    folders.add(child);
                }
            }
        }
        for (String child : folders) {
            folder(path.isEmpty() ? child : path + "/" + child, depth + 1);
        }
    }

    private void add(Fd folder, String name, String path, FileStatus status) throws IOException, KernelException {
        if (lines.length() > MAX_LENGTH) {
            throw new IOException(
                    "the names and attributes of its files are longer than " + MAX_LENGTH + " characters");
        }
        if (!status.isFolder() && status.links() > 1) {
            String first = names.putIfAbsent(status.inode(), path);
            if (first != null) {
                lines.append("h ")
                        .append(escaped(first))
                        .append(' ')
                        .append(escaped(path))
                        .append('\n');
                return;
            }
        }
        switch (status.type()) {
            case Constants.S_IFDIR -> line('d', status, "-", path);
            case Constants.S_IFREG ->
                line('f', status, status.size() + " sha256:" + content(folder, name, status), path);
            case Constants.S_IFLNK ->
                line('l', status, escaped(RawText.decode(PathCalls.readLink(root.kernel(), folder, name))), path);
            case Constants.S_IFCHR -> line('c', status, status.major() + ":" + status.minor(), path);
            case Constants.S_IFBLK -> line('b', status, status.major() + ":" + status.minor(), path);
            case Constants.S_IFIFO -> line('p', status, "-", path);
            default -> throw new IOException(path + ": a socket cannot be in a tree");
        }
        if (status.type() != Constants.S_IFLNK) {
            attributes(folder, name);
        }
    }

    private void line(char type, FileStatus status, String more, String path) {
        lines.append(type)
                .append(' ')
                .append(Integer.toOctalString(status.permissions()))
                .append(' ')
                .append(status.uid().number())
                .append(' ')
                .append(status.gid().number())
                .append(' ')
                .append(status.mtime())
                .append(' ')
                .append(more)
                .append(' ')
                .append(escaped(path))
                .append('\n');
    }

    private void attributes(Fd folder, String name) throws KernelException {
        try (Fd file = PathCalls.openAt(folder, name, Constants.O_PATH | noFollow)) {
            attributes(file)
                    .forEach((attribute, value) -> lines.append("x ")
                            .append(escaped(attribute))
                            .append(' ')
                            .append(hex(value))
                            .append('\n'));
        }
    }

    private String content(Fd folder, String name, FileStatus status) throws IOException, KernelException {
        bytes += status.size();
        MessageDigest digest = Sha256.digest();
        if (status.size() > 0) {
            try (Fd file = PathCalls.openAt(folder, name, Constants.O_RDONLY | noFollow);
                    FileChannel channel = FileChannel.open(Path.of("/proc/self/fd/" + file.number()))) {
                for (buffer.clear(); channel.read(buffer) >= 0; buffer.clear()) {
                    digest.update(buffer.flip());
                }
            }
        }
        return Sha256.finish(digest);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    static String escaped(String text) {
        StringBuilder out = new StringBuilder();
        for (byte b : RawText.encode(text)) {
            if (b <= ' ' || b >= 0x7f || b == '\\') {
                out.append('\\')
                        .append((char) ('0' + (b >> 6 & 3)))
                        .append((char) ('0' + (b >> 3 & 7)))
                        .append((char) ('0' + (b & 7)));
            } else {
                out.append((char) b);
            }
        }
        return out.toString();
    }
}
