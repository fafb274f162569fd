package io.jbox.kernel;

import java.io.BufferedReader;
import java.io.FileReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads the mount table of a process (proc_pid_mountinfo(5)). */
public final class MountTable {
    private static final int DEVICE = 2;
    private static final int ROOT = 3;
    private static final int POINT = 4;
    private static final int OCTAL = 8;

    private MountTable() {}

    /**
     * A mount.
     *
     * @param device major:minor of the file system
     * @param root the folder of the file system that is mounted
     * @param point the mount point, as the process sees it
     */
    public record Mount(String device, String root, String point) {}

    /**
     * All mounts, in the kernel's order: of several at one mount point the last one is on top.
     *
     * @param process its id, or {@code self}
     * @throws IOException also if there is no such process
     */
    public static List<Mount> read(String process) throws IOException {
        List<Mount> mounts = new ArrayList<>();
        try (BufferedReader in =
                new BufferedReader(new FileReader("/proc/" + process + "/mountinfo", StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String[] fields = line.split(" ", POINT + 2);
                mounts.add(new Mount(fields[DEVICE], unescaped(fields[ROOT]), unescaped(fields[POINT])));
            }
        }
        return mounts;
    }

    /** Decodes the octal escapes of spaces, tabs, line ends and backslashes. */
    public static String unescaped(String text) {
        if (text.indexOf('\\') < 0) {
            return text;
        }
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '\\' && i + 3 < text.length()) {
                out.append((char) Integer.parseInt(text.substring(i + 1, i + 4), OCTAL));
                i += 3;
            } else {
                out.append(text.charAt(i));
            }
        }
        return out.toString();
    }
}
