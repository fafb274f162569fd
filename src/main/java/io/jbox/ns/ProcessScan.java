package io.jbox.ns;

import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Namespace;
import io.jbox.kernel.Arena;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Op;
import io.jbox.kernel.Program;
import io.jbox.problem.JboxException;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Syscall;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads all processes in /proc. Each costs two runs of one program: its folder is opened once, and everything is read
 * through that, so that all data belongs to the same process.
 */
final class ProcessScan {
    private static final Namespace[] KINDS = Namespace.values();
    private static final int LINK = 64;
    private static final int STAT = 512;
    private static final int STATX = 256;
    private static final int STATX_UID = 8;
    private static final int STX_UID = 20;
    private static final int PATH = 32;
    private static final int DECIMAL = 10;

    private final Kernel kernel;
    private int hidden;

    ProcessScan(Kernel kernel) {
        this.kernel = kernel;
    }

    /** The number of processes whose namespaces cannot be read. */
    int hidden() {
        return hidden;
    }

    /**
     * All processes, by pid.
     *
     * @throws JboxException if /proc is not mounted
     */
    List<ProcessEntry> read() {
        String[] names = new File("/proc").list();
        if (names == null) {
            throw new JboxException("/proc: cannot be read", "is it mounted?");
        }
        int[] pids = new int[names.length];
        int count = 0;
        for (String name : names) {
            if (Character.isDigit(name.charAt(0))) {
                pids[count++] = Integer.parseInt(name);
            }
        }
        Arrays.sort(pids, 0, count);
        List<ProcessEntry> processes = new ArrayList<>();
        try (Arena arena = kernel.arena()) {
            Reader reader = new Reader(arena.program());
            for (int i = 0; i < count; i++) {
                ProcessEntry process = reader.read(pids[i]);
                if (process != null) {
                    processes.add(process);
                }
            }
        }
        return processes;
    }

    private final class Reader {
        private final Program program;
        private final long path;
        private final long stat;
        private final long statx;
        private final long[] links = new long[KINDS.length];
        private final Op folder;
        private final Op[] reads = new Op[KINDS.length];
        private final Op status;
        private final Op open;
        private final Op read;
        private final Op closeStat;
        private final Op closeFolder;

        Reader(Program program) {
            this.program = program;
            this.path = program.space(PATH);
            this.stat = program.space(STAT);
            this.statx = program.space(STATX);
            this.folder = program.op(Syscall.OPENAT, Constants.AT_FDCWD, path, Constants.O_PATH | Constants.O_CLOEXEC)
                    .next(0);
            for (Namespace kind : KINDS) {
                links[kind.ordinal()] = program.space(LINK);
                reads[kind.ordinal()] = program.op(
                        Syscall.READLINKAT, 0, program.text("ns/" + kind.label()), links[kind.ordinal()], LINK);
            }
            this.status = program.op(Syscall.STATX, 0, program.text(""), Constants.AT_EMPTY_PATH, STATX_UID, statx);
            this.open = program.op(Syscall.OPENAT, 0, program.text("stat"), Constants.O_RDONLY | Constants.O_CLOEXEC);
            this.read = program.op(Syscall.READ, 0, stat, STAT);
            open.store(read.argumentAddress(0)).next(0);
            this.closeStat = program.op(Syscall.CLOSE, 0);
            this.closeFolder = program.op(Syscall.CLOSE, 0).next(0);
        }

        /** Reads a process; null if it is gone, or hidden. */
        @Nullable
        ProcessEntry read(int pid) {
            byte[] name = ("/proc/" + pid + "\0").getBytes(StandardCharsets.ISO_8859_1);
            program.write(path, name, name.length);
            kernel.walk(folder.address());
            if (folder.result() < 0) {
                return null;
            }
            for (Op link : reads) {
                link.argument(0, folder.result());
            }
            status.argument(0, folder.result());
            open.argument(0, folder.result());
            closeFolder.argument(0, folder.result());
            kernel.walk(reads[0].address());
            if (open.result() < 0) {
                kernel.walk(closeFolder.address());
                return null;
            }
            closeStat.argument(0, open.result());
            kernel.walk(read.address());
            return entry(pid);
        }

        private @Nullable ProcessEntry entry(int pid) {
            long[] ids = new long[KINDS.length];
            boolean seen = false;
            for (int i = 0; i < ids.length; i++) {
                long result = reads[i].result();
                if (result > 0) {
                    ids[i] = id(program.read(links[i], (int) result));
                    seen = true;
                } else if (result == -Errno.EACCES || result == -Errno.EPERM) {
                    hidden++;
                    return null;
                }
            }
            String text = read.result() <= 0
                    ? ""
                    : new String(program.read(stat, (int) read.result()), StandardCharsets.ISO_8859_1);
            int start = text.indexOf('(');
            int end = text.lastIndexOf(')');
            if (!seen || start < 0 || end + 4 > text.length()) {
                return null;
            }
            // "PID (NAME) STATE PPID …"
            int ppid = Integer.parseInt(text.substring(end + 4, text.indexOf(' ', end + 4)));
            long uid = Integer.toUnsignedLong(program.readInt(statx + STX_UID));
            return new ProcessEntry(pid, ppid, uid, text.substring(start + 1, end), ids);
        }
    }

    /** The number in {@code net:[4026531840]}. */
    static long id(byte[] link) {
        long id = 0;
        for (byte b : link) {
            if (b >= '0' && b <= '9') {
                id = id * DECIMAL + (b - '0');
            }
        }
        return id;
    }
}
