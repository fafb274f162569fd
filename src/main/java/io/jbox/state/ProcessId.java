package io.jbox.state;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One process and no other: ids are used again, but not with the same start time.
 *
 * @param pid on the host
 * @param start ticks since the kernel's boot (proc(5), /proc/PID/stat, field 22)
 */
public record ProcessId(int pid, long start) {
    private static final int PARENT_FIELD = 4;
    private static final int START_FIELD = 22;
    private static final int MAX_STAT = 4096;

    /** The process that has an id now, dead ones that nobody has waited for included; null if there is none. */
    public static @Nullable ProcessId find(int pid) {
        String[] fields = fields(pid);
        return fields.length == 0 ? null : new ProcessId(pid, number(fields, START_FIELD));
    }

    /** The id of a process's parent; 0 if there is no such process. */
    public static int parentOf(int pid) {
        String[] fields = fields(pid);
        return fields.length == 0 ? 0 : (int) number(fields, PARENT_FIELD);
    }

    /** Whether a process is stopped, by whomever. */
    public static boolean isStopped(int pid) {
        String[] fields = fields(pid);
        return fields.length > 0 && fields[0].equals("T");
    }

    /** Whether it is still there and has not ended. */
    public boolean isAlive() {
        String[] fields = fields(pid);
        return fields.length > 0
                && number(fields, START_FIELD) == start
                && !fields[0].equals("Z")
                && !fields[0].equals("X");
    }

    private static long number(String[] fields, int field) {
        return Long.parseLong(fields[field - 3]);
    }

    /** The fields from the third on: the second is a name that may contain anything. */
    private static String[] fields(int pid) {
        try (FileInputStream in = new FileInputStream("/proc/" + pid + "/stat")) {
            String all = new String(in.readNBytes(MAX_STAT), StandardCharsets.ISO_8859_1);
            int name = all.lastIndexOf(')');
            return name < 0 ? new String[0] : all.substring(name + 2).split(" ");
        } catch (IOException e) {
            return new String[0];
        }
    }
}
