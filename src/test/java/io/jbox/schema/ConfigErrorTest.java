package io.jbox.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.Golden;
import io.jbox.config.BoxFolders;
import io.jbox.config.Config;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.yaml.DocumentCache;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every kind of bad input, and the words it gets. */
class ConfigErrorTest {
    private static final Path CASES = Path.of("src/test/resources/errors");

    @TempDir
    private Path folder;

    static List<String> cases() throws IOException {
        try (Stream<Path> files = Files.list(CASES)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".yaml"))
                    .map(name -> name.substring(0, name.length() - 5))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void reportsWithPlaceCaretAndHint(String name) {
        Golden.check(
                CASES.resolve(name + ".err"),
                errors(CASES.resolve(name + ".yaml").toString()));
    }

    @Test
    void saysWhichByteIsNotUtf8() throws IOException {
        Path file = folder.resolve("latin1.yaml");
        Files.write(file, "name: bbox\nuts: {name: b\u00f6x}\n".getBytes(StandardCharsets.ISO_8859_1));

        assertThat(errors(file.toString()))
                .startsWith("file is not UTF-8: byte 0xf6\n  " + file + ":2:14\n")
                .endsWith("hint: save it as UTF-8\n");
    }

    @Test
    void acceptsUtf8WithByteOrderMark() throws IOException {
        Path file = folder.resolve("bom.yaml");
        Files.writeString(file, "\ufeffname: bbox\nrootfs: {path: /r}\nenvironment: [\"A=\u00f6\"]\n");

        assertThat(load(file.toString()).name().get()).isEqualTo("bbox");
    }

    @Test
    void saysThatAFolderIsNoFile() {
        assertThat(errors(folder.toString()))
                .startsWith(folder + ": is a folder, not a file\n  hint: name the file in it");
    }

    @Test
    void saysThatAFileIsMissing() {
        assertThat(errors(folder + "/x.yaml")).isEqualTo(folder + "/x.yaml: no such file\n");
    }

    @Test
    void boundsTheSizeOfAFile() throws IOException {
        Path file = folder.resolve("big.yaml");
        Files.writeString(file, "name: bbox\n" + "# padding\n".repeat(240_000));

        assertThat(errors(file.toString())).startsWith("configuration is larger than 2048 KiB\n");
    }

    @Test
    void boundsWhatAliasesMultiplyTo() throws IOException {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i <= 5; i++) {
            bomb.append("a" + i + ": &a" + i + " [" + ("*a" + (i - 1) + ", ").repeat(8) + "*a" + (i - 1) + "]\n");
        }
        Path file = folder.resolve("bomb.yaml");
        Files.writeString(file, bomb);

        assertThat(errors(file.toString())).containsPattern("over (20000 values|50 aliases)");
    }

    @Test
    void survivesAnAliasOfItself() {
        assertThat(TestConfigs.errors("name: &a [*a]\n")).contains("nested deeper than 16");
    }

    @Test
    void includesThatIncludeEachOtherAreAnError() throws IOException {
        Path one = folder.resolve("one.yaml");
        Path two = folder.resolve("two.yaml");
        Files.writeString(one, "include: two.yaml\n");
        Files.writeString(two, "include: one.yaml\n");

        assertThat(errors(one.toString())).startsWith("include: " + one + " includes itself\n  " + two + ":1:10\n");
    }

    @Test
    void reportsAllProblemsAtOnce() {
        assertThatThrownBy(() -> TestConfigs.of("nmae: x\ntty: {max: lots}\nautodev: maybe\n"))
                .isInstanceOfSatisfying(
                        JboxException.class,
                        e -> assertThat(e.problems())
                                .extracting(Problem::message)
                                .containsExactly(
                                        "unknown key \"nmae\"",
                                        "tty.max: \"lots\" is not a number from 0 to 64",
                                        "autodev: \"maybe\" is not true or false"));
    }

    private static Config load(String path) {
        return new ConfigLoader(
                        new DocumentCache(null), new BoxFolders("/var/lib/jbox"), ImageSource.NONE, DevSource.NOBODY)
                .load(path, List.of());
    }

    private static String errors(String path) {
        try {
            load(path);
            return "";
        } catch (JboxException e) {
            StringBuilder out = new StringBuilder();
            e.problems().forEach(problem -> out.append(problem.render()));
            return out.toString();
        }
    }
}
