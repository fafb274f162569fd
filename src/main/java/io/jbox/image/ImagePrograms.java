package io.jbox.image;

import io.jbox.kernel.Fd;
import io.jbox.kernel.FileCalls;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.PathCalls;
import io.jbox.store.ImageRecord;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds in a tree what an image's configuration calls by name: its user, and its program. */
final class ImagePrograms {
    private static final int MOST = 4 << 20;
    private static final int EXECUTABLE = 0111;
    /** The kernel's bound (limits.h). */
    private static final int NGROUPS_MAX = 65_536;

    private static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private final Fd root;
    private final ImageConfig config;

    ImagePrograms(Fd root, ImageConfig config) {
        this.root = root;
        this.config = config;
    }

    ImageRecord.Run run() throws BadImageException {
        List<String> command = new ArrayList<>(config.words());
        if (!command.isEmpty()) {
            command.set(0, program(command.get(0)));
        }
        int colon = config.user().indexOf(':');
        String user = colon < 0 ? config.user() : config.user().substring(0, colon);
        String group = colon < 0 ? "" : config.user().substring(colon + 1);
        List<String> entry = user.isEmpty() ? List.of() : entry("etc/passwd", user);
        long uid = user.isEmpty() ? 0 : entry.size() > 3 ? id(entry.get(2)) : id(user);
        long gid = entry.size() > 3 ? id(entry.get(3)) : 0;
        List<Long> groups = entry.isEmpty() || !group.isEmpty() ? List.of() : groups(entry.get(0), gid);
        if (!group.isEmpty()) {
            List<String> other = entry("etc/group", group);
            gid = other.size() > 2 ? id(other.get(2)) : id(group);
        }
        return new ImageRecord.Run(command, config.environment(), uid, gid, groups, config.cwd());
    }

    private long id(String text) throws BadImageException {
        try {
            long id = Long.parseLong(text);
            if (id >= 0 && id < 0xffff_ffffL) {
                return id;
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw new BadImageException(
                "its user \"" + config.user() + "\" is neither a number nor in its /etc/passwd or /etc/group");
    }

    /** The line of a name or a number; empty if there is none. */
    private List<String> entry(String file, String nameOrId) throws BadImageException {
        for (String line : lines(file)) {
            List<String> fields = List.of(line.split(":", -1));
            if (fields.size() > 2
                    && (fields.get(0).equals(nameOrId) || fields.get(2).equals(nameOrId))) {
                return fields;
            }
        }
        return List.of();
    }

    private List<Long> groups(String user, long own) throws BadImageException {
        Set<Long> groups = new LinkedHashSet<>();
        for (String line : lines("etc/group")) {
            List<String> fields = List.of(line.split(":", -1));
            if (fields.size() > 3 && List.of(fields.get(3).split(",")).contains(user)) {
                long id = id(fields.get(2));
                if (id != own) {
                    groups.add(id);
                }
            }
        }
        if (groups.size() > NGROUPS_MAX) {
            throw new BadImageException("its user \"" + user + "\" is in " + groups.size() + " groups");
        }
        return List.copyOf(groups);
    }

    private List<String> lines(String file) throws BadImageException {
        try (Fd open = find(file, Constants.O_RDONLY | Constants.O_NONBLOCK)) {
            FileStatus status = open == null ? null : FileStatus.of(open);
            if (open == null || status == null || status.type() != Constants.S_IFREG || status.size() > MOST) {
                return List.of();
            }
            StringBuilder text = new StringBuilder();
            for (byte[] piece = FileCalls.read(open, 65_536); piece.length > 0; piece = FileCalls.read(open, 65_536)) {
                text.append(new String(piece, StandardCharsets.ISO_8859_1));
            }
            return List.of(text.toString().split("\n"));
        } catch (KernelException e) {
            throw new BadImageException("its /" + file + ": " + e.getMessage());
        }
    }

    private @Nullable Fd find(String path, long flags) throws KernelException {
        try {
            return PathCalls.openAt2(
                    root.kernel(), root, path, flags, 0, Constants.RESOLVE_IN_ROOT | Constants.RESOLVE_NO_MAGICLINKS);
        } catch (KernelException e) {
            if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR) || e.is(Errno.ELOOP)) {
                return null;
            }
            throw e;
        }
    }

    /** The whole path of the image's program, by the image's PATH; below / if it has none of that name. */
    private String program(String word) throws BadImageException {
        if (word.startsWith("/")) {
            return word;
        }
        if (word.indexOf('/') >= 0) {
            return (config.cwd().equals("/") ? "" : config.cwd()) + "/" + word;
        }
        String path = DEFAULT_PATH;
        for (String variable : config.environment()) {
            if (variable.startsWith("PATH=")) {
                path = variable.substring("PATH=".length());
            }
        }
        for (String folder : path.split(":")) {
            if (folder.startsWith("/") && isProgram(folder + "/" + word)) {
                return folder + "/" + word;
            }
        }
        return "/" + word;
    }

    private boolean isProgram(String path) throws BadImageException {
        try (Fd found = find(path, Constants.O_PATH)) {
            FileStatus status = found == null ? null : FileStatus.of(found);
            return status != null && status.type() == Constants.S_IFREG && (status.permissions() & EXECUTABLE) != 0;
        } catch (KernelException e) {
            throw new BadImageException("\"" + path + "\": " + e.getMessage());
        }
    }
}
