package io.jbox.image;

import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** A layer's archive, decompressed: gzip by Java, zstd by zstd(1), or as it is. */
final class LayerStream implements AutoCloseable {
    private static final int BUFFER = 64 * 1024;

    private final InputStream content;
    private final @Nullable Process program;

    private LayerStream(InputStream content, @Nullable Process program) {
        this.content = content;
        this.program = program;
    }

    /** The format is told by its first bytes (RFC 1952, RFC 8878). */
    static LayerStream open(File file) throws IOException {
        byte[] first;
        try (InputStream in = Files.newInputStream(file.toPath())) {
            first = in.readNBytes(4);
        }
        if (first.length == 4 && (first[0] & 0xff) == 0x1f && (first[1] & 0xff) == 0x8b) {
            return gzip(file);
        }
        if (first.length == 4
                && first[0] == 0x28
                && (first[1] & 0xff) == 0xb5
                && first[2] == 0x2f
                && (first[3] & 0xff) == 0xfd) {
            return zstd(file);
        }
        return new LayerStream(Files.newInputStream(file.toPath()), null);
    }

    private static LayerStream gzip(File file) throws IOException {
        InputStream stored = Files.newInputStream(file.toPath());
        try {
            return new LayerStream(new GZIPInputStream(stored, BUFFER), null);
        } catch (IOException e) {
            stored.close();
            throw e;
        }
    }

    private static LayerStream zstd(File file) {
        ProcessBuilder builder = new ProcessBuilder("zstd", "-dcq").redirectInput(file);
        builder.redirectError(ProcessBuilder.Redirect.DISCARD);
        try {
            Process process = builder.start();
            return new LayerStream(process.getInputStream(), process);
        } catch (IOException e) {
            throw new JboxException(
                    "zstd, which reads layers of that format, cannot be run: " + SystemError.of(e),
                    "apt-get install zstd");
        }
    }

    InputStream content() {
        return content;
    }

    /** @throws BadImageException if what was read is not all: the decompressor has failed */
    void finish() throws BadImageException {
        try {
            if (program != null && program.waitFor() != 0) {
                throw new BadImageException("it cannot be decompressed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BadImageException("interrupted");
        }
    }

    @Override
    public void close() throws IOException {
        if (program != null) {
            program.destroy();
        }
        content.close();
    }
}
