package io.jbox.image;

import io.jbox.kernel.Fd;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.FolderCalls;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.NodeCalls;
import io.jbox.kernel.PathCalls;
import io.jbox.store.TreeListing;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Flag;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The folders of a tree that is being made. Every path is looked up by the kernel with the tree as its root (openat2(2),
 * RESOLVE_IN_ROOT), so links in the tree lead nowhere else, whoever has made them.
 */
final class TreeWriter implements AutoCloseable {
    private static final int WHOLE = 0755;

    private final Fd root;
    private final long directory;
    /** When folders were changed last, by inode: what is made in them changes that. */
    private final Map<Long, Folder> folders = new HashMap<>();
    /** Names that the current layer has made, by their folder's inode. */
    private final Set<Named> made = new HashSet<>();

    private @Nullable String openPath;
    private @Nullable Fd open;
    private long openInode;

    private record Folder(String path, long mtime) {}

    private record Named(long folder, String name) {}

    /** @param root an empty folder; not closed */
    TreeWriter(Fd root) throws BadImageException {
        this.root = root;
        this.directory = Flag.O_DIRECTORY.value(root.kernel().processor());
        try {
            NodeCalls.changeMode(root, ".", WHOLE);
        } catch (KernelException e) {
            throw e.about("the tree's root");
        }
        folders.put(inode(root), new Folder("/", 0));
    }

    Fd root() {
        return root;
    }

    /** From now on names are those of another layer. */
    void beginLayer() {
        made.clear();
    }

    /**
     * Opens the folder of a path below the root. It stays open until another one is wanted.
     *
     * @param path relative; empty for the root
     * @param make whether folders that are missing are made
     */
    Fd folder(String path, boolean make) throws BadImageException {
        if (open != null && path.equals(openPath)) {
            return open;
        }
        forget();
        Fd found = path.isEmpty() ? openFolder(".") : open(path, make);
        open = found;
        openPath = path;
        openInode = inode(found);
        return found;
    }

    private Fd open(String path, boolean make) throws BadImageException {
        Fd found = find(path);
        if (found != null) {
            return found;
        }
        if (!make) {
            throw new BadImageException("there is no folder \"" + path + "\"");
        }
        int slash = path.lastIndexOf('/');
        String name = path.substring(slash + 1);
        Fd parent = folder(slash < 0 ? "" : path.substring(0, slash), true);
        try {
            NodeCalls.makeFolder(parent, name, WHOLE);
            NodeCalls.changeMode(parent, name, WHOLE);
        } catch (KernelException e) {
            throw new BadImageException("\"" + path + "\" is no folder, and files are to be in it");
        }
        folders.put(inodeOf(parent, name), new Folder(path, 0));
        forget();
        return openFolder(path);
    }

    private @Nullable Fd find(String path) throws BadImageException {
        try {
            return look(path, Constants.O_PATH | directory);
        } catch (KernelException e) {
            if (e.is(Errno.ENOENT)) {
                return null;
            }
            throw new BadImageException("\"" + path + "\" "
                    + (e.is(Errno.ENOTDIR) ? "is no folder" : "cannot be opened: " + e.getMessage()));
        }
    }

    private Fd openFolder(String path) throws BadImageException {
        Fd found = find(path);
        if (found == null) {
            throw new BadImageException("there is no folder \"" + path + "\"");
        }
        return found;
    }

    private Fd look(String path, long flags) throws KernelException {
        return PathCalls.openAt2(
                root.kernel(),
                root,
                path,
                flags,
                0,
                Constants.RESOLVE_IN_ROOT | Constants.RESOLVE_NO_MAGICLINKS | Constants.RESOLVE_NO_XDEV);
    }

    private void forget() {
        if (open != null) {
            open.close();
            open = null;
            openPath = null;
        }
    }

    /**
     * Notes that the layer has a name in the folder that was opened last.
     *
     * @throws BadImageException if it had it already
     */
    void claim(String name, boolean again) throws BadImageException {
        if (!made.add(new Named(openInode, name)) && !again) {
            throw new BadImageException("\"" + openPath + "/" + name + "\" is in it twice");
        }
    }

    /** Takes away what an earlier layer has under a name of the folder that was opened last. */
    void remove(String name) throws BadImageException {
        if (open == null || made.contains(new Named(openInode, name))) {
            return;
        }
        Fd folder = open;
        try {
            FileStatus status = FileStatus.at(folder, name);
            if (status != null) {
                remove(folder, name, status, 0);
            }
        } catch (KernelException e) {
            throw e.about("\"" + openPath + "/" + name + "\"");
        }
    }

    private void remove(Fd folder, String name, FileStatus status, int depth)
            throws KernelException, BadImageException {
        if (status.isFolder()) {
            clear(folder, name, false, depth);
            folders.remove(status.inode());
        }
        NodeCalls.remove(folder, name, status.isFolder());
    }

    /** Takes away what earlier layers have in a folder, the one that was opened last. */
    void clear() throws BadImageException {
        if (open == null) {
            return;
        }
        try {
            clear(open, ".", true, 0);
        } catch (KernelException e) {
            throw e.about("\"" + openPath + "\"");
        }
    }

    /** @param spares whether what the layer has made itself stays */
    private void clear(Fd parent, String name, boolean spares, int depth) throws KernelException, BadImageException {
        if (depth > TreeListing.MAX_DEPTH) {
            throw new BadImageException("folders are nested more than " + TreeListing.MAX_DEPTH + " deep");
        }
        long flags = Constants.O_RDONLY
                | directory
                | Flag.O_NOFOLLOW.value(root.kernel().processor());
        try (Fd folder = PathCalls.openAt(parent, name, flags)) {
            long inode = inode(folder);
            for (String child : FolderCalls.names(folder)) {
                FileStatus status = FileStatus.at(folder, child);
                if (status == null) {
                    continue;
                }
                boolean own = spares && made.contains(new Named(inode, child));
                if (status.isFolder() && spares) {
                    clear(folder, child, true, depth + 1);
                    if (!own && isEmpty(folder, child)) {
                        remove(folder, child, status, depth + 1);
                    }
                } else if (!own) {
                    remove(folder, child, status, depth + 1);
                }
            }
        }
    }

    private boolean isEmpty(Fd parent, String name) throws KernelException {
        try (Fd folder = PathCalls.openAt(parent, name, Constants.O_RDONLY | directory)) {
            return FolderCalls.names(folder).isEmpty();
        }
    }

    /** Remembers when a folder was changed last, for the end. */
    void changed(String path, Fd folder, String name, long mtime) throws BadImageException {
        folders.put(inodeOf(folder, name), new Folder(path, mtime));
    }

    /** Gives all folders their times. */
    void finish() throws BadImageException {
        forget();
        for (Folder folder : folders.values()) {
            try (Fd found = find(folder.path())) {
                if (found != null) {
                    NodeCalls.setTime(found, ".", folder.mtime());
                }
            } catch (KernelException e) {
                throw e.about("\"" + folder.path() + "\"");
            }
        }
    }

    private static long inode(Fd file) throws BadImageException {
        FileStatus status = FileStatus.of(file);
        if (status == null) {
            throw new BadImageException("a folder is gone");
        }
        return status.inode();
    }

    private static long inodeOf(Fd folder, String name) throws BadImageException {
        FileStatus status = FileStatus.at(folder, name);
        if (status == null) {
            throw new BadImageException("\"" + name + "\" is gone");
        }
        return status.inode();
    }

    @Override
    public void close() {
        forget();
    }
}
