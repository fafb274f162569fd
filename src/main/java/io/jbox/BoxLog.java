package io.jbox;

import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** The log in a box's state folder: what goes wrong where no user sees it. */
final class BoxLog {
    private BoxLog() {}

    static void append(String path, JboxException e) {
        StringBuilder text = new StringBuilder();
        for (Problem problem : e.problems()) {
            text.append("jbox: ").append(problem.render());
        }
        try (FileOutputStream out = new FileOutputStream(path, true)) {
            out.write(text.toString().getBytes(StandardCharsets.UTF_8));
        } catch (IOException ignored) {
            // There is nowhere left to say it.
            return;
        }
    }
}
