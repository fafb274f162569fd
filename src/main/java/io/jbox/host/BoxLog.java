package io.jbox.host;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;

import io.jbox.problem.JboxException;
import io.jbox.problem.Printable;
import io.jbox.problem.Problem;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The log in a box's state folder, for errors in the background. */
public final class BoxLog {
    private static final String OURS = "jbox: ";
    private static final int MOST = 64 * 1024;
    private static final int MOST_ERRORS = 10;

    private BoxLog() {}

    /** Errors of hooks and scripts at a box's end, logged behind an offset: a line each, without "jbox: ". */
    public static List<String> hookErrors(String path, long from, String box) {
        List<String> errors = new ArrayList<>();
        try (RandomAccessFile in = new RandomAccessFile(path, "r")) {
            long length = in.length();
            byte[] bytes = new byte[(int) Math.min(MOST, Math.max(0, length - from))];
            in.seek(length - bytes.length);
            in.readFully(bytes);
            for (String line : new String(bytes, StandardCharsets.UTF_8).split("\n")) {
                boolean ofHook =
                        line.startsWith(OURS + box + ": hook ") || line.startsWith(OURS + box + ": script.down ");
                if (ofHook && errors.size() < MOST_ERRORS) {
                    errors.add(Printable.of(line.substring(OURS.length())));
                }
            }
        } catch (IOException e) {
            return errors; // there is no log
        }
        return errors;
    }

    public static void append(String path, JboxException e) {
        StringBuilder text = new StringBuilder();
        for (Problem problem : e.problems()) {
            text.append(OURS).append(problem.render());
        }
        try (OutputStream out = Files.newOutputStream(Path.of(path), CREATE, APPEND, NOFOLLOW_LINKS)) {
            out.write(text.toString().getBytes(StandardCharsets.UTF_8));
        } catch (IOException ignored) {
            // There is no other place to report it.
            return;
        }
    }
}
