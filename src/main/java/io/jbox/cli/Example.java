package io.jbox.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * An example of a manual page: what a command is good for, as a transcript. The tests run each of them, so that what it
 * shows is what happens.
 *
 * @param about some sentences
 * @param lines of the transcript: {@code $ COMMAND}, {@code > MORE OF IT}, or what the command before it prints, in which {@code ...} stands
 *     for anything
 */
record Example(String about, List<String> lines) {
    private static final String ABOUT = "# ";

    Example {
        lines = List.copyOf(lines);
    }

    /** Those of a command; none if nobody has written any. */
    static List<Example> of(String command) {
        try (InputStream in = Example.class.getResourceAsStream("examples/" + command + ".txt")) {
            return in == null ? List.of() : parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads paragraphs of lines that begin with a # and, below, a transcript. */
    static List<Example> parse(String text) {
        List<Example> examples = new ArrayList<>();
        for (String paragraph : text.split("\n\n")) {
            StringBuilder about = new StringBuilder();
            List<String> lines = new ArrayList<>();
            for (String line : paragraph.split("\n")) {
                if (lines.isEmpty() && line.startsWith(ABOUT)) {
                    about.append(about.isEmpty() ? "" : " ").append(line, ABOUT.length(), line.length());
                } else {
                    lines.add(line);
                }
            }
            examples.add(new Example(about.toString(), lines));
        }
        return examples;
    }
}
