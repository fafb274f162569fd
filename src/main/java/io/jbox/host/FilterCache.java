package io.jbox.host;

import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Caches compiled default filters, since compiling one would be the slowest part of a start. The launcher has checked
 * that no other user can write to the folder. An entry belongs to the build of jbox that made it; read and write errors
 * are ignored.
 */
final class FilterCache {
    private static final String PREFIX = "seccomp-";
    private static final String SUFFIX = ".bpf";
    private static final long DAYS = 30;
    private static final int MAX = 64 * 1024;
    private static final int CHECKSUM = 8;

    private FilterCache() {}

    /** The entry for a set of capabilities on a processor; null without a cache. */
    static @Nullable File entry(String processor, long capabilities) {
        String folder = System.getProperty("jbox.cache", "");
        String path = System.getProperty("java.class.path", "");
        int colon = path.indexOf(':');
        File own = new File(colon < 0 ? path : path.substring(0, colon));
        if (folder.isEmpty() || !own.isFile()) {
            return null;
        }
        return new File(
                folder,
                PREFIX + processor + "-" + Long.toHexString(capabilities) + "-" + Long.toHexString(own.lastModified())
                        + "-" + Long.toHexString(own.length()) + SUFFIX);
    }

    static byte @Nullable [] read(File entry) {
        try (FileInputStream in = new FileInputStream(entry)) {
            byte[] whole = in.readNBytes(MAX);
            byte[] program = Arrays.copyOf(whole, Math.max(0, whole.length - CHECKSUM));
            // After a crash the file may contain anything.
            return Arrays.equals(whole, withChecksum(program)) ? program : null;
        } catch (IOException e) {
            return null;
        }
    }

    private static byte[] withChecksum(byte[] program) {
        CRC32 checksum = new CRC32();
        checksum.update(program);
        return ByteBuffer.allocate(program.length + CHECKSUM)
                .put(program)
                .putLong(checksum.getValue())
                .array();
    }

    /** Removes old entries, for example of builds that no longer exist; an entry that is still needed is made again. */
    private static void forgetOld(File folder) throws IOException {
        File[] entries = folder.listFiles((parent, name) -> name.startsWith(PREFIX) && name.endsWith(SUFFIX));
        long oldest = System.currentTimeMillis() - Duration.ofDays(DAYS).toMillis();
        for (File entry : entries == null ? new File[0] : entries) {
            if (entry.lastModified() < oldest) {
                Files.deleteIfExists(entry.toPath());
            }
        }
    }

    static void write(File entry, byte[] program) {
        try {
            File aside = File.createTempFile("seccomp", ".new", entry.getParentFile());
            try (FileOutputStream out = new FileOutputStream(aside)) {
                out.write(withChecksum(program));
            }
            if (!aside.renameTo(entry) && !aside.delete()) {
                aside.deleteOnExit();
            }
            forgetOld(entry.getParentFile());
        } catch (IOException e) {
            // The folder is full or not writable: the next command compiles again.
            return;
        }
    }
}
