package io.jbox.compile;

import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads the path of an open file. jbox has opened it (a terminal), so no other process can influence the path. */
final class FdPath {
    private FdPath() {}

    /** @throws JboxException if it cannot be read */
    static String of(int descriptor) {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
        } catch (IOException e) {
            throw new JboxException("the terminal's path cannot be read: " + SystemError.of(e));
        }
    }
}
