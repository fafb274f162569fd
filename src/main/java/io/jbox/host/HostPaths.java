package io.jbox.host;

import static io.jbox.uapi.Flag.*;

import io.jbox.kernel.Fd;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.MountTable;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.kernel.PathCalls;
import io.jbox.number.HostUid;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Follows symbolic links in paths that a configuration names if other users cannot change them: those in folders that
 * only root and the caller of jbox can write to, and that are not part of a box's files. The rest of a path is opened
 * without following links (RESOLVE_NO_SYMLINKS), so that a user who can write there cannot redirect jbox.
 */
public final class HostPaths {
    private static final int MOST_LINKS = 40;
    private static final int OTHERS_WRITE = 022;
    private static final int STICKY = 01000;
    private static final List<String> OWN_DESCRIPTORS = List.of("/dev/fd/", "/proc/self/fd/");
    private static final List<String> OWN_STREAMS =
            List.of("/dev/null", "/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/tty");

    private final Kernel kernel;
    private final Set<HostUid> owners;
    private final List<String> own;
    private final BoxTrees others;
    private @Nullable List<FileStatus> trees;
    private @Nullable List<MountTable.Mount> mounts;

    /** Paths on this host. */
    public HostPaths(List<String> own, BoxTrees others) {
        this(NativeKernel.open(), own, others);
    }

    /**
     * @param own trees that the box itself can write to, under any owner
     * @param others the same for all other boxes
     */
    public HostPaths(Kernel kernel, List<String> own, BoxTrees others) {
        this.kernel = kernel;
        this.owners = OwnProcess.isRoot(kernel) ? Set.of(HostUid.ROOT) : Set.of(HostUid.ROOT, OwnProcess.user(kernel));
        this.own = List.copyOf(own);
        this.others = others;
    }

    /** @param path absolute; returned with those links resolved that other users cannot change */
    String follow(String path) {
        Deque<String> left = new ArrayDeque<>(parts(path));
        Deque<String> done = new ArrayDeque<>();
        int links = 0;
        boolean trusted = true;
        while (!left.isEmpty()) {
            String folder = join(done);
            String name = left.peek();
            if (name.equals("..")) {
                left.remove();
                done.pollLast();
                continue;
            }
            FileStatus above = FileStatus.of(kernel, folder);
            FileStatus there = FileStatus.ofLink(kernel, append(folder, name));
            if (above == null || there == null) {
                break;
            }
            trusted &= isTrusted(above, there);
            if (there.type() != Constants.S_IFLNK) {
                done.add(left.remove());
                continue;
            }
            String target = trusted && !isInTree(folder) ? readLink(append(folder, name)) : null;
            if (target == null || ++links > MOST_LINKS) {
                break;
            }
            left.remove();
            if (target.startsWith("/")) {
                done.clear();
                trusted = true;
            }
            List<String> further = parts(target);
            for (int i = further.size() - 1; i >= 0; i--) {
                left.addFirst(further.get(i));
            }
        }
        String whole = join(done);
        for (String part : left) {
            whole = append(whole, part);
        }
        return whole;
    }

    /**
     * Opens a file for writing, and makes it if it is missing. The caller closes it.
     *
     * @param append whether to keep its content
     * @throws JboxException if that fails, also because another user could redirect the path
     */
    public OutputStream write(String path, boolean append) {
        String absolute = new File(path).getAbsolutePath();
        try {
            if (isOwnStream(absolute)) {
                // A name such as /dev/stdout means a file that is already open.
                return new FileOutputStream(absolute, append);
            }
            long flags = Constants.O_WRONLY
                    | Constants.O_CREAT
                    | Constants.O_NOCTTY
                    | Constants.O_NONBLOCK
                    | (append ? Constants.O_APPEND : Constants.O_TRUNC);
            try (Fd file = open(follow(absolute), flags)) {
                FileStatus status = FileStatus.of(file);
                if (status == null || status.type() != Constants.S_IFREG && status.type() != Constants.S_IFCHR) {
                    // Opening a pipe would block until it has a reader.
                    throw new JboxException(path + ": is not a regular file");
                }
                return new FileOutputStream("/proc/self/fd/" + file.number(), true);
            }
        } catch (KernelException e) {
            throw e.about(
                    path,
                    e.is(Errno.ELOOP)
                            ? "a part of the path is a symbolic link that others can change: write the path it leads to"
                            : e.is(Errno.ENXIO) ? "it is a pipe without a reader, and must be a regular file" : null);
        } catch (IOException e) {
            throw new JboxException(path + ": " + SystemError.of(e));
        }
    }

    /** Whether a path names a descriptor of this process or /dev/null: another user cannot put anything there. */
    private static boolean isOwnStream(String path) {
        for (String descriptors : OWN_DESCRIPTORS) {
            if (path.startsWith(descriptors)) {
                for (int i = descriptors.length(); i < path.length(); i++) {
                    if (path.charAt(i) < '0' || path.charAt(i) > '9') {
                        return false;
                    }
                }
                return true;
            }
        }
        return OWN_STREAMS.contains(path);
    }

    /**
     * Opens a regular file to read.
     *
     * @throws KernelException with ELOOP also if another user could redirect the path, EINVAL if it is not a regular
     *     file
     */
    public Fd read(String path) throws KernelException {
        long flags = Constants.O_RDONLY | Constants.O_NOCTTY | Constants.O_NONBLOCK;
        try (Fd file = open(follow(new File(path).getAbsolutePath()), flags)) {
            FileStatus status = FileStatus.of(file);
            if (status != null && status.type() != Constants.S_IFREG) {
                throw new KernelException(Errno.EINVAL);
            }
            return file.release();
        }
    }

    private Fd open(String path, long flags) throws KernelException {
        int mode = (flags & Constants.O_CREAT) == 0 ? 0 : 0644;
        return PathCalls.openAt2(kernel, null, path, flags, mode, Constants.RESOLVE_NO_SYMLINKS);
    }

    private boolean isTrusted(FileStatus folder, FileStatus entry) {
        boolean sticky = (folder.permissions() & STICKY) != 0 && owners.contains(entry.uid());
        // Magic links in /proc lead elsewhere than their text says (proc(5)).
        FileStatus proc = FileStatus.of(kernel, "/proc");
        if (proc != null && entry.device() == proc.device()) {
            return false;
        }
        return owners.contains(folder.uid()) && ((folder.permissions() & OTHERS_WRITE) == 0 || sticky);
    }

    /** Compares all names of both: a link or a mount may lead to the same folder, or to a part of it. */
    private boolean isInTree(String folder) {
        for (String name : names(folder)) {
            String path = name;
            while (true) {
                FileStatus status = FileStatus.of(kernel, path.isEmpty() ? "/" : path);
                if (status != null && (isOwn(status) || others.isTop(status))) {
                    return true;
                }
                int slash = path.lastIndexOf('/');
                if (slash <= 0) {
                    break;
                }
                path = path.substring(0, slash);
            }
        }
        return false;
    }

    private boolean isOwn(FileStatus status) {
        if (trees == null) {
            trees = new ArrayList<>();
            for (String tree : own) {
                FileStatus top = FileStatus.of(kernel, tree);
                if (top != null) {
                    trees.add(top);
                }
            }
        }
        for (FileStatus tree : trees) {
            if (tree.isSameAs(status)) {
                return true;
            }
        }
        return false;
    }

    /** All paths that lead to a folder through any mount. */
    public List<String> names(String folder) {
        List<String> names = new ArrayList<>(List.of(folder));
        try {
            if (mounts == null) {
                mounts = MountTable.read("self");
            }
        } catch (IOException e) {
            return names;
        }
        MountTable.Mount on = null;
        for (MountTable.Mount mount : mounts) {
            boolean longer = on == null || mount.point().length() >= on.point().length();
            on = longer && below(folder, mount.point()) != null ? mount : on;
        }
        String rest = on == null ? null : below(folder, on.point());
        if (on == null || rest == null) {
            return names;
        }
        String inside = on.root().equals("/") ? rest : on.root() + rest;
        for (MountTable.Mount mount : mounts) {
            String part = mount.device().equals(on.device()) ? below(inside, mount.root()) : null;
            if (part != null) {
                names.add(mount.point().equals("/") ? part : mount.point() + part);
            }
        }
        return names;
    }

    /**
     * The part of a path below a folder: empty for the folder itself, else with a slash in front; null if it is not
     * below.
     */
    private static @Nullable String below(String path, String folder) {
        if (folder.equals("/")) {
            return path.equals("/") ? "" : path;
        }
        boolean below =
                path.startsWith(folder) && (path.length() == folder.length() || path.charAt(folder.length()) == '/');
        return below ? path.substring(folder.length()) : null;
    }

    private static List<String> parts(String path) {
        List<String> parts = new ArrayList<>();
        for (String part : path.split("/")) {
            if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
        }
        return parts;
    }

    private static String join(Deque<String> parts) {
        return "/" + String.join("/", parts);
    }

    private static String append(String folder, String name) {
        return folder.equals("/") ? "/" + name : folder + "/" + name;
    }

    private @Nullable String readLink(String path) {
        try {
            byte[] target = PathCalls.readLink(kernel, null, path);
            return target.length == 0 ? null : new String(target, StandardCharsets.UTF_8);
        } catch (KernelException e) {
            return null;
        }
    }
}
