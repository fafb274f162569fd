package io.jbox;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;

import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The log in a box's state folder: what goes wrong where no user sees it. */
final class BoxLog {
    private BoxLog() {}

    static void append(String path, JboxException e) {
        StringBuilder text = new StringBuilder();
        for (Problem problem : e.problems()) {
            text.append("jbox: ").append(problem.render());
        }
        try (OutputStream out = Files.newOutputStream(Path.of(path), CREATE, APPEND, NOFOLLOW_LINKS)) {
            out.write(text.toString().getBytes(StandardCharsets.UTF_8));
        } catch (IOException ignored) {
            // There is nowhere left to say it.
            return;
        }
    }
}
