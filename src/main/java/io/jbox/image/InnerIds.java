package io.jbox.image;

import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The ids that a program has which works on a root file system: none of the host's users, nor of a box. */
final class InnerIds {
    /** The last ones of those that boxes get, which they do before they are used up. */
    private static final long FIRST = 2_147_287_040L;

    private static final long COUNT = 65_536;

    private InnerIds() {}

    /** The first id, as it is called in this process's user namespace. */
    static long first() {
        return hasAll() ? FIRST : 1;
    }

    static long count() {
        return hasAll() ? COUNT : COUNT - 1;
    }

    /** Whether this user namespace has the host's ids; that of an ordinary user's jbox has those of one box. */
    private static boolean hasAll() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/uid_map"))) {
                String[] parts = line.strip().split(" +");
                long first = Long.parseLong(parts[0]);
                if (first <= FIRST && first + Long.parseLong(parts[2]) >= FIRST + COUNT) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            throw new JboxException("/proc/self/uid_map: " + SystemError.of(e));
        }
    }
}
