package io.jbox.image;

import io.jbox.kernel.Fd;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.NodeCalls;
import io.jbox.kernel.PathCalls;
import io.jbox.store.TreeListing;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Unpacks layers into a tree (OCI image-spec, layer.md): each is a tar archive of what it adds to those before it, with
 * whiteouts for what it takes away.
 */
final class LayerUnpacker {
    /** How the name of an entry begins that takes a file away. */
    static final String WHITEOUT = ".wh.";

    private static final String OPAQUE = ".wh..wh..opq";
    private static final String RESERVED = ".wh..wh.";
    private static final int PIECE = 64 * 1024;
    /** Of all files of an image. */
    private static final int MAX_ENTRIES = 5_000_000;

    private static final int NAME_MAX = 255;
    private static final int MAX_MAJOR = 0xfff;
    private static final int MAX_MINOR = 0xfffff;

    private final TreeWriter tree;
    private long bytesLeft;
    private int entries;

    /** @param mostBytes that the files of all layers may have together */
    LayerUnpacker(TreeWriter tree, long mostBytes) {
        this.tree = tree;
        this.bytesLeft = mostBytes;
    }

    /** A name in a folder of the tree: where an entry goes. */
    private record Target(String path, String folder, String name) {
        /** @throws BadImageException if the path leads out of the tree */
        static Target of(String written) throws BadImageException {
            List<String> parts = new ArrayList<>();
            for (String part : written.split("/")) {
                if (part.equals("..")) {
                    throw new BadImageException("\"" + written + "\" leads out of the tree");
                }
                if (part.length() > NAME_MAX || part.indexOf('\0') >= 0) {
                    throw new BadImageException("\"" + written + "\" cannot be a file's name");
                }
                if (part.isEmpty() || part.equals(".")) {
                    continue;
                }
                if (!parts.isEmpty() && parts.get(parts.size() - 1).startsWith(WHITEOUT)) {
                    throw new BadImageException("\"" + written + "\" is in a whiteout, which is not a folder");
                }
                parts.add(part);
            }
            String path = String.join("/", parts);
            if (path.length() >= Constants.PATH_MAX) {
                throw new BadImageException("a path has " + path.length() + " characters");
            }
            int slash = path.lastIndexOf('/');
            return new Target(path, slash < 0 ? "" : path.substring(0, slash), path.substring(slash + 1));
        }
    }

    void unpack(Archive archive) throws IOException, BadImageException {
        tree.beginLayer();
        for (TarEntry entry = archive.next(); entry != null; entry = archive.next()) {
            if (++entries > MAX_ENTRIES) {
                throw new BadImageException("it has more than " + MAX_ENTRIES + " files");
            }
            Target target = Target.of(entry.name());
            if (target.path().isEmpty()) {
                root(entry);
            } else if (target.name().startsWith(WHITEOUT)) {
                whiteOut(target);
            } else {
                put(entry, target, archive);
            }
        }
    }

    private void root(TarEntry entry) throws BadImageException {
        if (entry.type() != TarEntry.Type.FOLDER) {
            throw new BadImageException("the root of the tree is not a folder");
        }
        try {
            applyMetadata(entry, tree.root(), ".");
        } catch (KernelException e) {
            throw failed("/", e);
        }
        tree.changed(tree.root(), ".", entry.mtime());
    }

    private void whiteOut(Target target) throws BadImageException {
        if (!tree.has(target.folder())) {
            return;
        }
        if (target.name().equals(OPAQUE)) {
            tree.clear();
        } else if (!target.name().startsWith(RESERVED)) {
            String gone = target.name().substring(WHITEOUT.length());
            if (gone.isEmpty() || gone.equals(".") || gone.equals("..")) {
                throw new BadImageException("\"" + target.path() + "\" takes nothing away");
            }
            tree.whiteOut(gone);
        }
    }

    private void put(TarEntry entry, Target target, Archive archive) throws IOException, BadImageException {
        Fd folder = tree.folder(target.folder(), true);
        String name = target.name();
        boolean isFolder = entry.type() == TarEntry.Type.FOLDER;
        FileStatus there = FileStatus.at(folder, name);
        boolean stays = isFolder && there != null && there.isFolder();
        if (!stays) {
            tree.remove(name);
        }
        tree.claim(name, stays);
        try {
            switch (entry.type()) {
                case FOLDER -> {
                    if (!stays) {
                        NodeCalls.makeFolder(folder, name, 0700);
                    }
                }
                case FILE -> file(entry, folder, name, archive);
                case SYMBOLIC_LINK -> NodeCalls.symlink(folder, name, linkTarget(entry));
                case HARD_LINK -> {
                    link(entry, target);
                    return;
                }
                case FIFO -> NodeCalls.makeNode(folder, name, Constants.S_IFIFO | 0600, 0, 0);
                case CHARACTER_DEVICE -> device(entry, folder, target, Constants.S_IFCHR);
                case BLOCK_DEVICE -> device(entry, folder, target, Constants.S_IFBLK);
                default -> throw new IllegalStateException(entry.type().toString());
            }
            applyMetadata(entry, folder, name);
            if (isFolder) {
                tree.changed(folder, name, entry.mtime());
            }
        } catch (KernelException e) {
            throw failed(target.path(), e);
        }
    }

    private static String linkTarget(TarEntry entry) throws BadImageException {
        String text = entry.target();
        if (text.isEmpty() || text.length() >= Constants.PATH_MAX || text.indexOf('\0') >= 0) {
            throw new BadImageException("\"" + entry.name() + "\" is a link that leads nowhere");
        }
        return text;
    }

    private static BadImageException failed(String path, KernelException e) {
        String hint = e.is(Errno.EINVAL)
                ? " (an owner outside the user's ids in /etc/subuid and /etc/subgid, or a bad attribute)"
                : "";
        return new BadImageException("\"" + path + "\": " + e.getMessage() + hint);
    }

    private void device(TarEntry entry, Fd folder, Target target, int type) throws KernelException, BadImageException {
        if (entry.major() < 0 || entry.major() > MAX_MAJOR || entry.minor() < 0 || entry.minor() > MAX_MINOR) {
            throw new BadImageException("\"" + target.path() + "\" has a device number that Linux does not have");
        }
        if (entry.type() == TarEntry.Type.CHARACTER_DEVICE && entry.major() == 0 && entry.minor() == 0) {
            throw new BadImageException("\"" + target.path() + "\" is a whiteout of an overlay, not of an image");
        }
        try {
            NodeCalls.makeNode(folder, target.name(), type | 0600, entry.major(), entry.minor());
        } catch (KernelException e) {
            if (e.is(Errno.EPERM)) {
                throw new BadImageException("\"" + target.path() + "\" is a device node, which only root can make");
            }
            throw e;
        }
    }

    /** Another name for a file of this layer or one before it. */
    private void link(TarEntry entry, Target target) throws BadImageException {
        Target other = Target.of(entry.target());
        // The folder that is open belongs to the new name; the other one is looked up anew.
        try (Fd folder = tree.folder(target.folder(), true).copy();
                Fd from = tree.folder(other.folder(), false).copy()) {
            FileStatus status = other.path().isEmpty() ? null : FileStatus.at(from, other.name());
            if (status == null || status.isFolder()) {
                throw new BadImageException("\"" + target.path() + "\" is a hard link to \"" + entry.target()
                        + "\", which is not a file of the image");
            }
            NodeCalls.link(from, other.name(), folder, target.name());
        } catch (KernelException e) {
            throw failed(target.path(), e);
        }
    }

    private void file(TarEntry entry, Fd folder, String name, Archive archive)
            throws IOException, BadImageException, KernelException {
        // With its holes: they are read when the tree is hashed.
        bytesLeft -= entry.size();
        if (entry.size() < 0 || bytesLeft < 0) {
            throw new BadImageException("\"" + entry.name() + "\" of " + entry.size()
                    + " bytes does not fit: the file system of the store has less space");
        }
        try (Fd file = NodeCalls.makeFile(folder, name)) {
            List<TarEntry.Segment> segments =
                    entry.segments() == null ? List.of(new TarEntry.Segment(0, entry.size())) : entry.segments();
            long written = 0;
            if (entry.size() > 0) {
                Path path = Path.of("/proc/self/fd/" + file.number());
                try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
                    for (TarEntry.Segment segment : segments) {
                        written = write(archive, channel, segment);
                    }
                }
            }
            if (written < entry.size()) {
                NodeCalls.setLength(file, entry.size());
            }
        }
    }

    /** @return the end of what was written: zeros become holes */
    private static long write(Archive archive, FileChannel file, TarEntry.Segment segment)
            throws IOException, BadImageException {
        long at = segment.offset();
        long end = at + segment.length();
        long written = 0;
        while (at < end) {
            byte[] piece = archive.read((int) Math.min(PIECE, end - at));
            if (piece.length == 0) {
                throw new BadImageException("a file has less content than its header says");
            }
            if (piece.length < PIECE || !TarHeader.isZero(piece)) {
                ByteBuffer buffer = ByteBuffer.wrap(piece);
                while (buffer.hasRemaining()) {
                    file.write(buffer, at + buffer.position());
                }
                written = at + piece.length;
            }
            at += piece.length;
        }
        return written;
    }

    /** Gives a file its owner, permissions, attributes and time, in the order in which none undoes another. */
    private static void applyMetadata(TarEntry entry, Fd folder, String name)
            throws KernelException, BadImageException {
        NodeCalls.changeOwner(folder, name, id(entry.uid(), entry), id(entry.gid(), entry));
        if (entry.type() != TarEntry.Type.SYMBOLIC_LINK) {
            NodeCalls.changeMode(folder, name, entry.mode());
            attributes(entry, folder, name);
        }
        NodeCalls.setTime(folder, name, entry.mtime());
    }

    /** The kernel takes -1 for "leave it". */
    private static long id(long id, TarEntry entry) throws BadImageException {
        if (id < 0 || id >= 0xffff_ffffL) {
            throw new BadImageException("\"" + entry.name() + "\" has an owner that is not a valid id: " + id);
        }
        return id;
    }

    private static void attributes(TarEntry entry, Fd folder, String name) throws KernelException, BadImageException {
        if (entry.attributes().isEmpty()) {
            return;
        }
        try (Fd file = PathCalls.openAt(folder, name, Constants.O_PATH)) {
            for (Map.Entry<String, byte[]> attribute : entry.attributes().entrySet()) {
                String key = attribute.getKey();
                if (key.length() > NAME_MAX || key.indexOf('\0') >= 0) {
                    throw new BadImageException("\"" + entry.name() + "\" has an attribute of an invalid name");
                }
                if (TreeListing.isKept(key)) {
                    NodeCalls.setAttribute(file, attribute.getKey(), attribute.getValue());
                }
            }
        }
    }
}
