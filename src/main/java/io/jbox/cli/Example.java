package io.jbox.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * An example for a manual page, as a transcript. The tests run each example and compare the output.
 *
 * @param about some sentences
 * @param lines of the transcript: {@code $ COMMAND}, {@code > CONTINUATION}, or the output of the command before, in
 *     which {@code ...} matches anything
 */
record Example(String about, List<String> lines) {
    private static final String ABOUT = "# ";

    Example {
        lines = List.copyOf(lines);
    }

    /** The examples of a command; none if there are none. */
    static List<Example> of(String command) {
        try (InputStream in = Example.class.getResourceAsStream("examples/" + command + ".txt")) {
            return in == null ? List.of() : parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Parses paragraphs of lines that begin with a #, each followed by a transcript. */
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
