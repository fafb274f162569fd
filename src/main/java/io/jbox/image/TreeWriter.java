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
 * RESOLVE_IN_ROOT), so links in the tree never lead out of it.
 */
final class TreeWriter implements AutoCloseable {
    private static final int WHOLE = 0755;

    private final Fd root;
    private final long directory;
    /** The intended modification times of folders, by inode: making files in them changes the real ones. */
    private final Map<Long, Long> times = new HashMap<>();
    /** Names made by the current layer, by their folder's inode. */
    private final Map<Long, Set<String>> made = new HashMap<>();

    private @Nullable String openPath;
    private @Nullable Fd open;
    private long openInode;

    /** @param root an empty folder; not closed */
    TreeWriter(Fd root) throws BadImageException {
        this.root = root;
        this.directory = Flag.O_DIRECTORY.value(root.kernel().processor());
        try {
            NodeCalls.changeMode(root, ".", WHOLE);
        } catch (KernelException e) {
            throw e.about("the tree's root");
        }
    }

    Fd root() {
        return root;
    }

    /** Begins the names of another layer. */
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

    /** Opens the folder of a path if it is there. */
    boolean has(String path) throws BadImageException {
        try (Fd found = path.isEmpty() ? openFolder(".") : find(path)) {
            if (found == null) {
                return false;
            }
        }
        folder(path, false);
        return true;
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
            throw new BadImageException("\"" + path + "\" cannot be made a folder: " + e.getMessage());
        }
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
                    + (e.is(Errno.ENOTDIR) ? "is not a folder" : "cannot be opened: " + e.getMessage()));
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
        if (!made.computeIfAbsent(openInode, inode -> new HashSet<>()).add(name) && !again) {
            throw new BadImageException("\"" + openPath + "/" + name + "\" is in it twice");
        }
    }

    /** Removes what an earlier layer has under a name in the folder that was opened last. */
    void remove(String name) throws BadImageException {
        if (open == null || isOwn(openInode, name)) {
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
            times.remove(status.inode());
            made.remove(status.inode());
        }
        NodeCalls.remove(folder, name, status.isFolder());
    }

    private boolean isOwn(long folder, String name) {
        Set<String> names = made.get(folder);
        return names != null && names.contains(name);
    }

    /** Takes away what earlier layers have under a name of the folder that was opened last; what this one has made stays. */
    void whiteOut(String name) throws BadImageException {
        Fd folder = open;
        FileStatus status = folder == null ? null : FileStatus.at(folder, name);
        if (folder == null || status == null || !status.isFolder()) {
            remove(name);
            return;
        }
        try {
            clear(folder, name, true, 0);
            if (!isOwn(openInode, name) && isEmpty(folder, name)) {
                remove(folder, name, status, 0);
            }
        } catch (KernelException e) {
            throw e.about("\"" + openPath + "/" + name + "\"");
        }
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
                boolean own = spares && isOwn(inode, child);
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
        try (Fd folder = openFolder(parent, name)) {
            return FolderCalls.names(folder).isEmpty();
        }
    }

    /** Remembers when a folder was changed last, for the end. */
    void changed(Fd folder, String name, long mtime) throws BadImageException {
        times.put(inodeOf(folder, name), mtime);
    }

    /** Gives all folders their times. */
    void finish() throws BadImageException {
        forget();
        try {
            finish(root, ".", 0);
        } catch (KernelException e) {
            throw e.about("the tree's folders");
        }
    }

    private void finish(Fd parent, String name, int depth) throws KernelException, BadImageException {
        refuseDeeper(depth);
        try (Fd folder = openFolder(parent, name)) {
            for (String child : FolderCalls.names(folder)) {
                FileStatus status = FileStatus.at(folder, child);
                if (status != null && status.isFolder()) {
                    finish(folder, child, depth + 1);
                }
            }
            NodeCalls.setTime(folder, ".", times.getOrDefault(inode(folder), 0L));
        }
    }

    private Fd openFolder(Fd parent, String name) throws KernelException {
        return PathCalls.openAt(
                parent,
                name,
                Constants.O_RDONLY
                        | directory
                        | Flag.O_NOFOLLOW.value(root.kernel().processor()));
    }

    private static void refuseDeeper(int depth) throws BadImageException {
        if (depth > TreeListing.MAX_DEPTH) {
            throw new BadImageException("folders are nested more than " + TreeListing.MAX_DEPTH + " deep");
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
