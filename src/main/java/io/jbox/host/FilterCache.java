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
 * Compiled default filters, in the folder that the launcher has found to be writable for nobody else: to compile one is what a
 * start would need most time for. One belongs to the jbox that has made it; what cannot be read or written is no error.
 */
final class FilterCache {
    private static final String PREFIX = "seccomp-";
    private static final String SUFFIX = ".bpf";
    private static final long DAYS = 30;
    private static final int MAX = 64 * 1024;
    private static final int CHECKSUM = 8;

    private FilterCache() {}

    /** The entry for what a box may have on a processor; null if nothing is kept. */
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
            // What a crash has left of one may be anything.
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

    /** Those of builds that are not there any more, which nobody asks for; one that is asked for is made anew. */
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
