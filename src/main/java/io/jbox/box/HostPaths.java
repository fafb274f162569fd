package io.jbox.box;

import io.jbox.kernel.Arena;
import io.jbox.kernel.Constants;
import io.jbox.kernel.Errno;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.kernel.Syscall;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
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
 * Follows symbolic links of paths that a configuration names, as far as nobody else can change them: in folders that only
 * root, or whoever runs jbox, can write to, and that are no part of a box's files. What is left is opened without following
 * any (RESOLVE_NO_SYMLINKS), so that nobody who can write there leads jbox elsewhere.
 */
public final class HostPaths {
    private static final int MOST_LINKS = 40;
    private static final int OTHERS_WRITE = 022;
    private static final int STICKY = 01000;

    private final Kernel kernel;
    private final Set<Long> owners;
    private final List<String> boxTrees;
    private @Nullable List<FileStatus> trees;

    /** @param boxTrees what boxes can write to, whoever owns it */
    public HostPaths(Kernel kernel, List<String> boxTrees) {
        this.kernel = kernel;
        this.owners = Set.of(0L, Math.max(1, kernel.call(Syscall.GETEUID)));
        this.boxTrees = List.copyOf(boxTrees);
    }

    /** @param path absolute; returned without the links that nobody else can change */
    String follow(String path) {
        Deque<String> left = new ArrayDeque<>(parts(path));
        Deque<String> done = new ArrayDeque<>();
        int links = 0;
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
            boolean link = there != null && there.type() == Constants.S_IFLNK;
            if (above == null || there == null || !isTrusted(folder, above, there)) {
                break;
            }
            String target = link ? readLink(append(folder, name)) : null;
            if (target == null) {
                done.add(left.remove());
                continue;
            }
            if (++links > MOST_LINKS) {
                break;
            }
            left.remove();
            if (target.startsWith("/")) {
                done.clear();
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
     * Opens a file to write to, making it if need be. To be closed.
     *
     * @param append whether what is in it stays
     * @throws JboxException if that cannot be, also because somebody else could lead it elsewhere
     */
    public OutputStream write(String path, boolean append) {
        String absolute = new File(path).getAbsolutePath();
        try {
            if (absolute.startsWith("/dev/") || absolute.startsWith("/proc/self/fd/")) {
                // A terminal, a pipe, nothing: by its very name one that is open already.
                return new FileOutputStream(absolute, append);
            }
            long flags = Constants.O_WRONLY
                    | Constants.O_CREAT
                    | Constants.O_CLOEXEC
                    | Constants.O_NOCTTY
                    | Constants.O_NONBLOCK
                    | (append ? Constants.O_APPEND : Constants.O_TRUNC);
            int descriptor = open(follow(absolute), flags);
            if (descriptor < 0) {
                throw new JboxException(
                        path + ": " + Errno.describe(-descriptor),
                        descriptor == -Errno.ELOOP
                                ? "a part of it is a symbolic link that others can change: write where it leads"
                                : descriptor == -Errno.ENXIO
                                        ? "it is a pipe that nobody reads, and is to be a regular file"
                                        : null);
            }
            try {
                FileStatus status = FileStatus.of(kernel, descriptor);
                if (status == null || status.type() != Constants.S_IFREG) {
                    // A pipe would make whoever opens it wait for a reader.
                    throw new JboxException(path + ": is not a regular file");
                }
                return new FileOutputStream("/proc/self/fd/" + descriptor, true);
            } finally {
                kernel.call(Syscall.CLOSE, descriptor);
            }
        } catch (IOException e) {
            throw new JboxException(path + ": " + SystemError.of(e));
        }
    }

    private int open(String path, long flags) {
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long how = program.words(flags, 0644, Constants.RESOLVE_NO_SYMLINKS);
            Op op = program.op(Syscall.OPENAT2, Constants.AT_FDCWD, program.text(path), how, 3L * Long.BYTES)
                    .next(0);
            kernel.walk(op.address());
            return (int) op.result();
        }
    }

    private boolean isTrusted(String folder, FileStatus above, FileStatus entry) {
        if (isInTree(folder)) {
            return false;
        }
        boolean sticky = (above.permissions() & STICKY) != 0 && owners.contains(entry.uid());
        return owners.contains(above.uid()) && ((above.permissions() & OTHERS_WRITE) == 0 || sticky);
    }

    /** By whatever names the two are called: a link or a mount may lead to the same folder. */
    private boolean isInTree(String folder) {
        if (boxTrees.isEmpty()) {
            return false;
        }
        if (trees == null) {
            trees = new ArrayList<>();
            for (String tree : boxTrees) {
                FileStatus status = FileStatus.of(kernel, tree);
                if (status != null) {
                    trees.add(status);
                }
            }
        }
        String path = folder;
        while (true) {
            FileStatus status = FileStatus.of(kernel, path);
            for (FileStatus tree : trees) {
                if (status != null && tree.isSameAs(status)) {
                    return true;
                }
            }
            int slash = path.lastIndexOf('/');
            if (slash <= 0) {
                return false;
            }
            path = path.substring(0, slash);
        }
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
        try (Arena arena = kernel.arena()) {
            Program program = arena.program();
            long buffer = program.space(Constants.PATH_MAX);
            Op op = program.op(Syscall.READLINKAT, Constants.AT_FDCWD, program.text(path), buffer, Constants.PATH_MAX)
                    .next(0);
            kernel.walk(op.address());
            return op.result() <= 0
                    ? null
                    : new String(program.read(buffer, (int) op.result()), StandardCharsets.UTF_8);
        }
    }
}
