package io.jbox.terminal;

import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;

/**
 * Writes the console's log while a console is attached and the monitor's thread waits. The monitor has the file open: a
 * full log is copied and emptied, never replaced.
 */
public final class ConsoleLog implements AutoCloseable {
    private final File file;
    private final long size;
    private final FileOutputStream out;

    /**
     * @param size in bytes at which it is rotated
     * @throws IOException if it cannot be written
     */
    public ConsoleLog(String path, long size) throws IOException {
        this.file = new File(path);
        this.size = size;
        this.out = new FileOutputStream(file, true);
    }

    /** Appends bytes; write errors are ignored, so that the console continues. */
    void append(byte[] bytes) {
        try {
            out.write(bytes);
            if (out.getChannel().size() > size) {
                File old = new File(file.getPath() + ".1");
                if (old.exists()) {
                    try (FileOutputStream copy = new FileOutputStream(old)) {
                        Files.copy(file.toPath(), copy);
                    }
                }
                out.getChannel().truncate(0);
            }
        } catch (IOException e) {
            return;
        }
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
