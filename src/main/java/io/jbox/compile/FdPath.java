package io.jbox.compile;

import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The path of an open file: of a terminal that jbox opened, so that nobody else can influence it. */
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
