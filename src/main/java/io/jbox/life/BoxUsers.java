package io.jbox.life;

import io.jbox.host.OpenFile;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileCalls;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.problem.JboxException;
import io.jbox.uapi.Constants;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks up users in a box's own /etc/passwd and /etc/group. The box controls these files: they are opened beneath its
 * root, must be ordinary files, and only their first megabyte is read. This executes nothing and never blocks.
 */
final class BoxUsers {
    private static final int MAX_FILE = 1 << 20;
    private static final int MAX_LINE = 4096;
    private static final int CHUNK = 16 * 1024;
    private static final long MAX_ID = 0xffff_fffeL;

    private final Kernel kernel;
    private final Fd root;

    /** @param root directory of the box */
    BoxUsers(Kernel kernel, Fd root) {
        this.kernel = kernel;
        this.root = root;
    }

    /**
     * A user with the groups and folders of a login.
     *
     * @param groups supplementary ones
     */
    record Login(String name, long uid, long gid, List<Long> groups, String home, String shell) {}

    /**
     * @param user USER, UID, USER:GROUP or UID:GID; null for root
     * @throws JboxException if the box has no such user or group
     */
    Login find(String box, @Nullable String user) {
        String wanted = user == null ? "0" : user;
        int colon = wanted.indexOf(':');
        String name = colon < 0 ? wanted : wanted.substring(0, colon);
        Login login = login(box, name);
        if (colon < 0) {
            return login;
        }
        long gid = group(box, wanted.substring(colon + 1));
        return new Login(login.name, login.uid, gid, List.of(), login.home, login.shell);
    }

    private Login login(String box, String wanted) {
        long number = number(wanted);
        for (String line : lines("etc/passwd")) {
            String[] fields = line.split(":", -1);
            if (fields.length < 7 || line.length() > MAX_LINE) {
                continue;
            }
            long uid = number(fields[2]);
            long gid = number(fields[3]);
            boolean same = number >= 0 ? uid == number : fields[0].equals(wanted);
            if (same && uid >= 0 && gid >= 0) {
                String home = fields[5].startsWith("/") ? fields[5] : "/";
                String shell = fields[6].startsWith("/") ? fields[6] : "/bin/sh";
                return new Login(fields[0], uid, gid, groups(fields[0], gid), home, shell);
            }
        }
        if (number < 0) {
            throw new JboxException(
                    box + ": has no user \"" + wanted + "\"",
                    "names are those of its /etc/passwd; a number needs no entry there");
        }
        return new Login(wanted, number, number == 0 ? 0 : number, List.of(), number == 0 ? "/root" : "/", "/bin/sh");
    }

    private List<Long> groups(String user, long primary) {
        List<Long> groups = new ArrayList<>();
        groups.add(primary);
        for (String line : lines("etc/group")) {
            String[] fields = line.split(":", -1);
            if (fields.length >= 4
                    && number(fields[2]) >= 0
                    && List.of(fields[3].split(",")).contains(user)) {
                long group = number(fields[2]);
                if (!groups.contains(group) && groups.size() < 64) {
                    groups.add(group);
                }
            }
        }
        return groups;
    }

    private long group(String box, String wanted) {
        long number = number(wanted);
        if (number >= 0) {
            return number;
        }
        for (String line : lines("etc/group")) {
            String[] fields = line.split(":", -1);
            if (fields.length >= 3 && fields[0].equals(wanted) && number(fields[2]) >= 0) {
                return number(fields[2]);
            }
        }
        throw new JboxException(
                box + ": has no group \"" + wanted + "\"",
                "names are those of its /etc/group; a number needs no entry there");
    }

    /** Parses an id; -1 if the text is not a number. */
    private static long number(String text) {
        if (text.isEmpty() || text.length() > 10) {
            return -1;
        }
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return -1;
            }
        }
        long number = Long.parseLong(text);
        return number <= MAX_ID ? number : -1;
    }

    /** The files that users and groups are looked up in, below the box's root. */
    static final List<String> FILES = List.of("etc/passwd", "etc/group");

    private String[] lines(String path) {
        byte[] content = content(path);
        return content == null ? new String[0] : new String(content, StandardCharsets.UTF_8).split("\n");
    }

    /** The content of one of these files; null if it is missing or cannot be read. */
    byte @Nullable [] content(String path) {
        long flags = Constants.O_RDONLY | Constants.O_NONBLOCK | Constants.O_NOCTTY;
        try (Fd file = OpenFile.inRoot(kernel, root, path, flags)) {
            return file != null && isOrdinary(file) ? read(file) : null;
        }
    }

    private static boolean isOrdinary(Fd file) {
        FileStatus status = FileStatus.of(file);
        return status != null && status.type() == Constants.S_IFREG;
    }

    private static byte[] read(Fd file) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try {
            byte[] chunk = FileCalls.read(file, CHUNK);
            while (chunk.length > 0 && all.size() < MAX_FILE) {
                all.writeBytes(chunk);
                chunk = FileCalls.read(file, CHUNK);
            }
        } catch (KernelException e) {
            // An unreadable rest is ignored.
            return all.toByteArray();
        }
        return all.toByteArray();
    }
}
