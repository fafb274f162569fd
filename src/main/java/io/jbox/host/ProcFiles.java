package io.jbox.host;

import io.jbox.problem.Printable;
import java.io.BufferedReader;
import java.io.FileReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads /proc files of a box's process. The number of lines is limited, since a box can make some files arbitrarily
 * long.
 */
public final class ProcFiles {
    private static final int MOST_LINES = 1024;

    private ProcFiles() {}

    private static List<String> lines(String path) {
        List<String> lines = new ArrayList<>();
        try (BufferedReader in = new BufferedReader(new FileReader(path, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null && lines.size() < MOST_LINES; line = in.readLine()) {
                lines.add(line);
            }
        } catch (IOException e) {
            return List.of();
        }
        return lines;
    }

    /** The name of its program; empty if it has ended. */
    public static String comm(int pid) {
        List<String> lines = lines("/proc/" + pid + "/comm");
        return lines.isEmpty() ? "" : Printable.of(lines.get(0));
    }

    /** The names of interfaces that a process sees, without lo. */
    public static List<String> interfaces(int pid) {
        List<String> names = new ArrayList<>();
        for (String line : lines("/proc/" + pid + "/net/dev")) {
            int colon = line.indexOf(':');
            String name = colon < 0 ? "" : Printable.of(line.substring(0, colon).stripLeading());
            if (!name.isEmpty() && !name.equals("lo") && names.size() < MOST_LINES) {
                names.add(name);
            }
        }
        return names;
    }
}
