package io.jbox.kernel;

import io.jbox.number.Pid;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The status of a process in /proc/PID/stat (proc_pid_stat(5)).
 *
 * @param state T if stopped, t if stopped by a tracer, Z if ended, and so on
 * @param parent its parent's id
 * @param start its start time, in clock ticks since boot
 */
public record ProcessStat(char state, int parent, long start) {
    private static final int MAX_STAT = 4096;
    private static final int PARENT_FIELD = 4;
    private static final int START_FIELD = 22;

    /** @return null if there is no such process */
    public static @Nullable ProcessStat find(Pid pid) {
        try (FileInputStream in = new FileInputStream("/proc/" + pid + "/stat")) {
            String all = new String(in.readNBytes(MAX_STAT), StandardCharsets.ISO_8859_1);
            // The second field is a name that may contain any character.
            int name = all.lastIndexOf(')');
            if (name < 0) {
                return null;
            }
            String[] fields = all.substring(name + 2).split(" ");
            return new ProcessStat(
                    fields[0].charAt(0),
                    Integer.parseInt(fields[PARENT_FIELD - 3]),
                    Long.parseLong(fields[START_FIELD - 3]));
        } catch (IOException e) {
            return null;
        }
    }

    /** Whether it is stopped, also by a tracer. */
    public boolean isStopped() {
        return state == 'T' || state == 't';
    }

    /** Whether it has ended, even if it has not been waited for. */
    public boolean hasEnded() {
        return state == 'Z' || state == 'X';
    }
}
