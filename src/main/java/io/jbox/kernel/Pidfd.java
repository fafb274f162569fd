package io.jbox.kernel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads what the kernel tells of a pidfd (pidfd_open(2)). */
public final class Pidfd {
    private Pidfd() {}

    /** The id of a process that has not been waited for (pidfd_open(2)); -1 if it has. */
    public static String pidOf(int pidfd) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/fdinfo/" + pidfd))) {
                if (line.startsWith("Pid:")) {
                    return line.substring("Pid:".length()).trim();
                }
            }
        } catch (IOException e) {
            return "-1";
        }
        return "-1";
    }
}
