package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the manual pages show is what happens. */
class ManPagesIT {
    private static final Path LINK = Path.of("/run/bin/jbox");
    private static final Path OUTPUT = Path.of("/run/tmp/transcript");
    private static List<String> before = List.of();

    @BeforeAll
    static void host() throws IOException {
        TestHost.require();
        Wires.forgetNames();
        before = TestHost.state();
        Files.createDirectories(LINK.getParent());
        Files.createSymbolicLink(LINK, Path.of("bin/jbox").toAbsolutePath());
    }

    @AfterAll
    static void nothingIsLeft() throws IOException {
        Files.delete(LINK);
        Wires.forgetNames();
        assertThat(Boxes.leftovers()).isEmpty();
        assertThat(TestHost.processes("sleep 1000")).isEmpty();
        assertThat(TestHost.state()).isEqualTo(before);
    }

    private static List<String> commandsWithExamples() {
        List<String> names = new ArrayList<>(Commands.NAMES);
        names.removeIf(name -> Example.of(name).isEmpty());
        assertThat(names).contains("unshare", "nsenter", "lsns", "netns", "ns");
        return names;
    }

    /** All examples of a page are one session of one shell, as a reader would type them. */
    @ParameterizedTest
    @MethodSource("commandsWithExamples")
    void everyExampleDoesWhatItShows(String command) throws IOException {
        StringBuilder script = new StringBuilder();
        List<StringBuilder> expected = new ArrayList<>(List.of(new StringBuilder()));
        for (Example example : Example.of(command)) {
            for (String line : example.lines()) {
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

        // A file: what an example leaves behind by mistake must not keep a pipe open.
        TestHost.run(
                List.of("sh", "-c", "exec >" + OUTPUT + " 2>&1\n" + script),
                Map.of("PATH", LINK.getParent() + ":" + System.getenv("PATH"), "JBOX_TRACE", ""));

        String[] parts = Files.readString(OUTPUT).replace("\r", "").split("@@\n", -1);
        for (int i = 1; i < expected.size(); i++) {
            assertThat(i < parts.length ? parts[i] : "")
                    .as(command + ", command " + i + " of\n" + script)
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
