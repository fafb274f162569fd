package io.jbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A file of the sources can be read at once. */
class SourceFilesTest {
    private static final int MOST = 350;
    private static final int MEDIAN = 120;
    /** A table: a line for each key of a configuration. */
    private static final Set<String> TABLES = Set.of("Keys.java");

    private record Source(String name, long lines) {}

    private static List<Source> sources() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .map(SourceFilesTest::source)
                    .toList();
        }
    }

    private static Source source(Path file) {
        try (Stream<String> lines = Files.lines(file)) {
            return new Source(file.getFileName().toString(), lines.count());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void noneIsLong() throws IOException {
        assertThat(sources())
                .filteredOn(source -> !TABLES.contains(source.name()))
                .allSatisfy(
                        source -> assertThat(source.lines()).as(source.name()).isLessThanOrEqualTo(MOST));
    }

    @Test
    void mostAreShort() throws IOException {
        List<Long> lines = sources().stream().map(Source::lines).sorted().toList();
        assertThat(lines.get(lines.size() / 2)).isLessThanOrEqualTo(MEDIAN);
    }
}
