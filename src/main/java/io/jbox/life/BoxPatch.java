package io.jbox.life;

import io.jbox.config.RootfsPath;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileCalls;
import io.jbox.kernel.FileStatus;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.problem.JboxException;
import io.jbox.problem.Printable;
import io.jbox.problem.SystemError;
import io.jbox.store.Layers;
import io.jbox.uapi.Constants;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Shows what a box has changed in text files, for patch(1) with -p1. It runs diff(1) for each file; of other files it
 * reports only that they differ.
 */
public final class BoxPatch implements AutoCloseable {
    /** The largest file that is compared, in bytes. */
    private static final int MOST = 4 << 20;

    private static final int PIECE = 128 * 1024;
    /** How many bytes git examines to recognize a text. */
    private static final int START = 8000;

    private static final long PATIENCE_MILLIS = 10_000;
    /** The exit code of diff(1) where files differ. */
    private static final int DIFFERENT = 1;

    private static final String NOTHING = "/dev/null";

    private final Layers layers;
    private final OutputStream out;
    private final Path old;

    /** @param out not closed */
    private BoxPatch(Kernel kernel, RootfsPath rootfs, OutputStream out) throws KernelException {
        this.layers = new Layers(kernel, rootfs);
        this.out = out;
        try {
            this.old = Files.createTempFile("jbox", ".old");
        } catch (IOException e) {
            layers.close();
            throw new JboxException(System.getProperty("java.io.tmpdir") + ": " + SystemError.of(e));
        }
    }

    /**
     * Writes all that a box has changed.
     *
     * @param out not closed
     */
    public static void write(Kernel kernel, RootfsPath rootfs, OutputStream out) {
        try (BoxPatch patch = new BoxPatch(kernel, rootfs, out);
                BoxDiff diff = new BoxDiff(kernel, rootfs, patch::write)) {
            diff.run();
        } catch (KernelException e) {
            throw e.about(rootfs.path());
        }
    }

    /** A file's content; null where it is no regular file, or not a text, or too large. */
    private record Side(boolean exists, byte @Nullable [] text) {
        private static final Side NONE = new Side(false, new byte[0]);
    }

    /** Writes what has changed in a file; nothing for folders and links. */
    private void write(BoxChange change) {
        String path = change.path();
        try {
            Side before = change.kind() == BoxChange.Kind.ADDED ? Side.NONE : before(path);
            Side after = change.kind() == BoxChange.Kind.DELETED ? Side.NONE : side(0, path);
            if (before.exists || after.exists) {
                write(before, after, Printable.of(path));
            }
        } catch (KernelException e) {
            say("File /" + Printable.of(path) + " cannot be read: " + e.getMessage());
        }
    }

    private Side before(String path) throws KernelException {
        for (int layer = 1; layer < layers.count(); layer++) {
            if (layers.find(layer, path) != null) {
                return side(layer, path);
            }
        }
        return Side.NONE;
    }

    private Side side(int layer, String path) throws KernelException {
        FileStatus status = layers.find(layer, path);
        if (status == null || status.type() != Constants.S_IFREG) {
            return Side.NONE;
        }
        long flags = Constants.O_RDONLY | Constants.O_NONBLOCK | Constants.O_NOCTTY;
        try (Fd file = layers.open(layer, path, flags)) {
            FileStatus opened = FileStatus.of(file);
            if (opened == null || opened.type() != Constants.S_IFREG) {
                return Side.NONE;
            }
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            byte[] piece = FileCalls.read(file, PIECE);
            while (piece.length > 0 && all.size() <= MOST) {
                all.writeBytes(piece);
                piece = FileCalls.read(file, PIECE);
            }
            byte[] bytes = all.toByteArray();
            return new Side(true, bytes.length > MOST || isBinary(bytes) ? null : bytes);
        }
    }

    private static boolean isBinary(byte[] bytes) {
        for (int i = 0; i < Math.min(START, bytes.length); i++) {
            if (bytes[i] == 0) {
                return true;
            }
        }
        return false;
    }

    private void write(Side before, Side after, String path) {
        String from = before.exists ? "a/" + path : NOTHING;
        String to = after.exists ? "b/" + path : NOTHING;
        if (before.text == null || after.text == null) {
            say("Files " + from + " and " + to + " differ, and are no texts");
            return;
        }
        List<String> words = new ArrayList<>(
                List.of("setpriv", "--pdeathsig", "KILL", "--", "diff", "-u", "--text", "--speed-large-files"));
        words.addAll(List.of("--label", from, "--label", to, "--", old.toString(), "-"));
        try {
            Files.write(old, before.text);
            Process process =
                    new ProcessBuilder(words).redirectError(new File(NOTHING)).start();
            Thread feeder = new Thread(() -> feed(process, after.text), "diff");
            feeder.setDaemon(true);
            feeder.start();
            Thread deadline = new Thread(() -> end(process), "deadline");
            deadline.setDaemon(true);
            deadline.start();
            process.getInputStream().transferTo(out);
            if (process.waitFor() > DIFFERENT) {
                say("Files " + from + " and " + to + " differ, and cannot be compared");
            }
            deadline.interrupt();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JboxException("diff: interrupted");
        } catch (IOException e) {
            throw new JboxException("diff, which compares texts: " + SystemError.of(e), "apt-get install diffutils");
        }
    }

    /** A box can make files that take hours to compare. */
    private static void end(Process process) {
        try {
            Thread.sleep(PATIENCE_MILLIS);
            process.destroyForcibly();
        } catch (InterruptedException e) {
            // It ended in time.
            return;
        }
    }

    private static void feed(Process process, byte[] text) {
        try (OutputStream in = process.getOutputStream()) {
            in.write(text);
        } catch (IOException e) {
            // It has ended.
            return;
        }
    }

    private void say(String line) {
        try {
            out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new JboxException("standard output: " + SystemError.of(e));
        }
    }

    @Override
    public void close() {
        layers.close();
        new File(old.toString()).delete();
    }
}
