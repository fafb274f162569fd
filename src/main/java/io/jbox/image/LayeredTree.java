package io.jbox.image;

import io.jbox.kernel.Fd;
import io.jbox.kernel.FileCalls;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.FolderCalls;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.NodeCalls;
import io.jbox.kernel.PathCalls;
import io.jbox.problem.Printable;
import io.jbox.problem.RawText;
import io.jbox.store.Layers;
import io.jbox.store.TreeListing;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A root file system as its box sees it, file by file, folders before what is in them, sorted by name. Sockets are left out: they
 * mean nothing without the process that listens.
 */
final class LayeredTree implements Archive, AutoCloseable {
    /** Of a path in a message. */
    private static final int SHOWN = 200;
    /** Of a file with holes; what has more is read as a whole. */
    private static final int MAX_SEGMENTS = 100_000;

    private static final String REDIRECT = ".overlay.redirect";

    private final Layers layers;
    private final OwnerMap owners;
    private final boolean forImage;
    private final Deque<Item> pending = new ArrayDeque<>();
    /** Files with several names, by layer and inode: the first of them. */
    private final Map<String, String> names = new HashMap<>();

    private @Nullable Fd content;
    private String path = "";
    private List<TarEntry.Segment> segments = List.of();
    private int segment;
    private long position;

    /** @param forImage whether it is to become an image, where some names have a meaning of their own */
    LayeredTree(Layers layers, OwnerMap owners, boolean forImage) throws KernelException {
        this.layers = layers;
        this.owners = owners;
        this.forImage = forImage;
        Item root = new Item("", 0, status(0, ""), 0);
        for (int layer = 1; layer < layers.count(); layer++) {
            root.below.add(layer);
        }
        pending.push(root);
    }

    /** A file of the merged tree. */
    private static final class Item {
        private final String path;
        /** The uppermost layer that has it. */
        private final int layer;

        private final FileStatus status;
        private final int depth;
        /** Lower layers whose folders of this path are merged with it. */
        private final List<Integer> below = new ArrayList<>();
        /** Whether lower layers can add nothing. */
        private boolean closed;

        Item(String path, int layer, FileStatus status, int depth) {
            this.path = path;
            this.layer = layer;
            this.status = status;
            this.depth = depth;
        }
    }

    private FileStatus status(int layer, String file) throws KernelException {
        FileStatus found = layers.find(layer, file);
        if (found == null) {
            throw new KernelException(Errno.ENOENT);
        }
        return found;
    }

    @Override
    public @Nullable TarEntry next() throws BadImageException {
        release();
        Item item = pending.poll();
        if (item == null) {
            return null;
        }
        path = item.path;
        try {
            if (item.status.isFolder()) {
                push(children(item));
            }
            return entry(item);
        } catch (KernelException e) {
            throw new BadImageException(
                    shown() + ": " + e.getMessage() + (e.is(Errno.EXDEV) ? " (something is mounted there)" : ""));
        }
    }

    private void push(List<Item> children) {
        for (int i = children.size() - 1; i >= 0; i--) {
            pending.push(children.get(i));
        }
    }

    private List<Item> children(Item folder) throws KernelException, BadImageException {
        if (folder.depth >= TreeListing.MAX_DEPTH) {
            throw new BadImageException("folders are nested more than " + TreeListing.MAX_DEPTH + " deep");
        }
        Map<String, Item> found = new TreeMap<>((a, b) -> Arrays.compareUnsigned(RawText.encode(a), RawText.encode(b)));
        List<Integer> sources = new ArrayList<>(List.of(folder.layer));
        sources.addAll(folder.below);
        for (int layer : sources) {
            try (Fd opened = layers.openFolder(layer, folder.path)) {
                for (String name : FolderCalls.names(opened)) {
                    FileStatus status = FileStatus.at(opened, name);
                    if (status != null) {
                        merge(found, folder, name, layer, status, layer == sources.get(sources.size() - 1));
                    }
                }
            }
        }
        List<Item> children = new ArrayList<>();
        for (Item item : found.values()) {
            if (!Layers.isWhiteout(item.status) && item.status.type() != Constants.S_IFSOCK) {
                if (forImage
                        && item.path.substring(item.path.lastIndexOf('/') + 1).startsWith(LayerUnpacker.WHITEOUT)) {
                    throw new BadImageException(
                            "\"/" + item.path + "\" has a name that stands for a removed file in an image");
                }
                children.add(item);
            }
        }
        return children;
    }

    private void merge(Map<String, Item> found, Item folder, String name, int layer, FileStatus status, boolean last)
            throws KernelException, BadImageException {
        Item above = found.get(name);
        if (above == null) {
            String file = folder.path.isEmpty() ? name : folder.path + "/" + name;
            Item item = new Item(file, layer, status, folder.depth + 1);
            item.closed = !status.isFolder() || !last && isOpaque(item);
            found.put(name, item);
        } else if (!above.closed) {
            if (status.isFolder()) {
                above.below.add(layer);
                above.closed = !last && isOpaque(new Item(above.path, layer, status, 0));
            } else {
                above.closed = true;
            }
        }
    }

    private boolean isOpaque(Item item) throws KernelException, BadImageException {
        try (Fd folder = layers.openFolder(item.layer, item.path)) {
            for (String attribute : NodeCalls.attributes(folder)) {
                if (attribute.endsWith(REDIRECT)) {
                    throw new BadImageException(
                            "\"/" + item.path + "\" is a folder of another name below (overlayfs redirect_dir)");
                }
            }
            return Layers.isOpaque(folder);
        }
    }

    private TarEntry entry(Item item) throws KernelException, BadImageException {
        FileStatus status = item.status;
        String first = null;
        if (!status.isFolder() && status.links() > 1) {
            first = names.putIfAbsent(item.layer + " " + status.inode(), item.path);
        }
        TarEntry.Type type = first == null ? type(status.type()) : TarEntry.Type.HARD_LINK;
        String target = first == null ? "" : first;
        Map<String, byte[]> attributes = Map.of();
        long size = 0;
        List<TarEntry.Segment> holes = null;
        if (type == TarEntry.Type.SYMBOLIC_LINK) {
            try (Fd link = layers.open(item.layer, item.path, Constants.O_PATH)) {
                target = RawText.decode(PathCalls.readLink(link.kernel(), link, ""));
            }
        } else if (type != TarEntry.Type.HARD_LINK) {
            try (Fd file = layers.open(item.layer, item.path, Constants.O_PATH)) {
                attributes = TreeListing.attributes(file);
            }
        }
        if (type == TarEntry.Type.FILE) {
            size = open(item);
            holes = segments(size);
        }
        return new TarEntry(
                item.path.isEmpty() ? "." : item.path,
                target,
                type,
                status.permissions(),
                owners.user(status.uid().number()),
                owners.group(status.gid().number()),
                status.mtime(),
                size,
                status.major(),
                status.minor(),
                attributes,
                holes);
    }

    private static TarEntry.Type type(int type) {
        return switch (type) {
            case Constants.S_IFDIR -> TarEntry.Type.FOLDER;
            case Constants.S_IFREG -> TarEntry.Type.FILE;
            case Constants.S_IFLNK -> TarEntry.Type.SYMBOLIC_LINK;
            case Constants.S_IFCHR -> TarEntry.Type.CHARACTER_DEVICE;
            case Constants.S_IFBLK -> TarEntry.Type.BLOCK_DEVICE;
            case Constants.S_IFIFO -> TarEntry.Type.FIFO;
            default -> throw new IllegalStateException("type " + type);
        };
    }

    /** Opens a file, and checks that it was not replaced meanwhile. */
    private long open(Item item) throws KernelException, BadImageException {
        content = layers.open(item.layer, item.path, Constants.O_RDONLY | Constants.O_NONBLOCK | Constants.O_NOCTTY);
        FileStatus now = FileStatus.of(content);
        if (now == null || !now.isSameAs(item.status) || now.type() != Constants.S_IFREG) {
            throw changed();
        }
        return now.size();
    }

    /** What a file has between its holes; null if it has none. */
    private @Nullable List<TarEntry.Segment> segments(long size) throws KernelException {
        segments = List.of(new TarEntry.Segment(0, size));
        segment = 0;
        position = 0;
        Fd file = content;
        if (file == null || size == 0 || FileCalls.hole(file, 0) >= size) {
            if (file != null) {
                FileCalls.seek(file, 0);
            }
            return null;
        }
        List<TarEntry.Segment> found = new ArrayList<>();
        for (long at = FileCalls.data(file, 0); at >= 0 && at < size; ) {
            long end = Math.min(size, FileCalls.hole(file, at));
            found.add(new TarEntry.Segment(at, end - at));
            if (found.size() > MAX_SEGMENTS) {
                FileCalls.seek(file, 0);
                return null;
            }
            at = FileCalls.data(file, end);
        }
        segments = found;
        seek();
        return found;
    }

    /** Goes to the next content. */
    private void seek() throws KernelException {
        if (content != null && segment < segments.size()) {
            position = segments.get(segment).offset();
            FileCalls.seek(content, position);
        }
    }

    private String shown() {
        boolean isLong = path.length() > SHOWN;
        return "\"/" + Printable.of(isLong ? path.substring(0, SHOWN) : path) + (isLong ? "...\"" : "\"");
    }

    private BadImageException changed() {
        return new BadImageException(shown() + " was changed while it was read");
    }

    @Override
    public byte[] read(int most) throws BadImageException {
        if (content == null || segment >= segments.size()) {
            return new byte[0];
        }
        TarEntry.Segment current = segments.get(segment);
        long left = current.offset() + current.length() - position;
        try {
            byte[] piece = FileCalls.read(content, (int) Math.min(most, left));
            if (piece.length == 0 && left > 0) {
                throw changed();
            }
            position += piece.length;
            if (piece.length == left) {
                segment++;
                seek();
            }
            return piece;
        } catch (KernelException e) {
            throw new BadImageException(shown() + ": " + e.getMessage());
        }
    }

    private void release() {
        if (content != null) {
            content.close();
            content = null;
        }
        segments = List.of();
        segment = 0;
    }

    @Override
    public void close() {
        release();
        layers.close();
    }
}
