package io.jbox.state;

import io.jbox.problem.JboxException;
import java.io.BufferedReader;
import java.io.File;
import java.io.FileReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** The kernel's memory counters of a box's last run. The monitor saves them when it removes the cgroup. */
public final class MemoryEvents {
    private static final String OOM_KILL = "oom_kill ";
    private static final int SMALL = 512;

    private final String file;

    public MemoryEvents(StateFolder folder, String box) {
        this.file = folder.of(box) + "/memory.events";
    }

    /** Where the monitor keeps the counters. */
    public String file() {
        return file;
    }

    /** Removes the counters before a new start. */
    public void forget() {
        if (!new File(file).delete() && new File(file).exists()) {
            throw new JboxException(file + ": cannot be removed");
        }
    }

    /** How many processes the kernel has killed because the box's memory was used up. */
    public long oomKills() {
        try (BufferedReader in = new BufferedReader(new FileReader(file, StandardCharsets.US_ASCII), SMALL)) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.startsWith(OOM_KILL)) {
                    return Long.parseLong(line.substring(OOM_KILL.length()).trim());
                }
            }
            return 0;
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }
}
