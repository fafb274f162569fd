package io.jbox.testhost;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A session of a shell that documents show: lines of {@code $ COMMAND} and {@code > CONTINUATION}, and below each its output, in
 * which {@code ...} stands for anything.
 */
public final class Transcript {
    private static final Path OUTPUT = Path.of("/run/tmp/transcript");

    /** Takes away variables for jbox, under which nothing is compiled. */
    private static final String WITHOUT_VARIABLES =
            "for name in $(env | sed -n 's/^\\(JBOX_[A-Z_]*\\)=.*/\\1/p'); do unset $name; done\n";

    private final StringBuilder script = new StringBuilder();
    private final List<StringBuilder> expected = new ArrayList<>(List.of(new StringBuilder()));

    /** Reads lines. */
    public Transcript(List<String> lines) {
        for (String line : lines) {
            if (line.startsWith("$ ")) {
                script.append("\necho '@@'\n").append(line.substring(2));
                expected.add(new StringBuilder());
            } else if (line.startsWith("> ")) {
                script.append('\n').append(line.substring(2));
            } else {
                expected.get(expected.size() - 1).append(line).append('\n');
            }
        }
    }

    /** The same where jbox is as users have it: it compiles. */
    public Transcript compiling() {
        script.insert(0, WITHOUT_VARIABLES);
        return this;
    }

    /**
     * Runs it, and compares.
     *
     * @param name of the document
     * @param folder of jbox
     */
    public void check(String name, Path folder) throws IOException {
        // A file: what an example leaves behind by mistake must not keep a pipe open.
        TestHost.run(
                List.of("sh", "-c", "exec >" + OUTPUT + " 2>&1\n" + script),
                Map.of("PATH", folder + ":" + System.getenv("PATH"), "JBOX_TRACE", ""));

        String[] parts = Files.readString(OUTPUT).replace("\r", "").split("@@\n", -1);
        for (int i = 1; i < expected.size(); i++) {
            assertThat(i < parts.length ? parts[i] : "")
                    .as(name + ", command " + i + " of\n" + script)
                    .matches(pattern(expected.get(i).toString()));
        }
    }

    private static Pattern pattern(String expected) {
        StringBuilder regex = new StringBuilder();
        for (String part : expected.split("\\.\\.\\.", -1)) {
            regex.append(regex.isEmpty() ? "" : ".*").append(Pattern.quote(part));
        }
        return Pattern.compile(regex.toString());
    }
}
