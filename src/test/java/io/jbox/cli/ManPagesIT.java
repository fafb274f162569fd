package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.CompiledBox;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.Transcript;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the manual pages and documents show is what happens. */
class ManPagesIT {
    private static final Path FOLDER = Path.of("/run/bin");
    private static final Path LINK = FOLDER.resolve("jbox");
    /** Removes what outlives boxes: which addresses they had, whose projects have been approved, and the empty store. */
    private static final String FORGET = """
            rm -rf /var/lib/jbox/.net /var/lib/jbox/.projects
            [ ! -e /var/lib/jbox/.store ] || find /var/lib/jbox/.store -name lock -delete
            [ ! -e /var/lib/jbox/.store ] || find /var/lib/jbox/.store -depth -type d -empty -delete
            """;

    /** Removes what the tests before this one left in folders of boxes, which the examples may use and destroy. */
    private static final String FORGET_BOXES =
            "find /var/lib/jbox -mindepth 1 -maxdepth 1 ! -name bbox ! -name .ids -exec rm -rf {} +";

    private static List<String> before = List.of();

    @BeforeAll
    static void host() throws IOException {
        TestHost.require();
        Wires.forgetNames();
        CompiledBox.hideShifts();
        // The examples take the bridge down, which another test may have left.
        Wires.sh("bin/jbox net down || :");
        Wires.sh(FORGET_BOXES);
        before = TestHost.state();
        Files.createDirectories(FOLDER);
        Files.createSymbolicLink(LINK, Path.of("bin/jbox").toAbsolutePath());
    }

    @AfterAll
    static void nothingIsLeft() throws IOException {
        Files.delete(LINK);
        Wires.forgetNames();
        Wires.sh(FORGET);
        assertThat(Boxes.leftovers()).isEmpty();
        assertThat(TestHost.processes("sleep 1000")).isEmpty();
        Boxes.awaitState(before);
        CompiledBox.showShifts();
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
        List<String> lines = new ArrayList<>();
        for (Example example : Example.of(command)) {
            lines.addAll(example.lines());
        }
        Transcript transcript = new Transcript(lines);
        (command.equals("compile") ? transcript.compiling() : transcript).check(command, FOLDER);
    }

    /** The blocks of a document are one session, too. */
    @ParameterizedTest
    @ValueSource(strings = {"tutorial", "untrusted-program", "dev-environment", "from-lxc"})
    void everyDocumentDoesWhatItShows(String name) throws IOException {
        Path document = Path.of("docs/" + name + ".md");
        List<String> lines = new ArrayList<>();
        boolean inBlock = false;
        for (String line : Files.readAllLines(document)) {
            if (line.startsWith("```")) {
                inBlock = line.equals("```console");
            } else if (inBlock) {
                lines.add(line);
            }
        }
        assertThat(lines).hasSizeGreaterThan(20);
        new Transcript(lines).check(document.toString(), FOLDER);
    }
}
