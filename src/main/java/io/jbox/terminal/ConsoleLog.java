package io.jbox.terminal;

import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;

/**
 * The console's log while somebody is attached and the monitor's thread waits. The monitor has the file open: when it is
 * full it is copied and emptied, never replaced.
 */
public final class ConsoleLog implements AutoCloseable {
    private final File file;
    private final long size;
    private final FileOutputStream out;

    /**
     * @param size in bytes, from which on it is rotated
     * @throws IOException if it cannot be written
     */
    public ConsoleLog(String path, long size) throws IOException {
        this.file = new File(path);
        this.size = size;
        this.out = new FileOutputStream(file, true);
    }

    /** Appends; what cannot be written is lost, for the console goes on. */
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
