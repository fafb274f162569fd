package io.jbox.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.config.BoxFolders;
import io.jbox.yaml.DocumentCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The configurations that documents show are ones. */
class DocumentsTest {
    /** A block of YAML in a document. */
    record Block(String document, int line, String text) {
        @Override
        public String toString() {
            return document + ":" + line;
        }
    }

    static List<Block> blocks() throws IOException {
        List<Path> documents = new ArrayList<>(List.of(Path.of("README.md")));
        try (Stream<Path> files = Files.walk(Path.of("docs"))) {
            files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(documents::add);
        }
        List<Block> blocks = new ArrayList<>();
        for (Path document : documents) {
            List<String> lines = Files.readAllLines(document);
            for (int i = 0; i < lines.size(); i++) {
                if (lines.get(i).equals("```yaml")) {
                    int end = i + lines.subList(i, lines.size()).indexOf("```");
                    blocks.add(new Block(
                            document.toString(), i + 2, String.join("\n", lines.subList(i + 1, end)) + "\n"));
                }
            }
        }
        return blocks;
    }

    @ParameterizedTest
    @MethodSource("blocks")
    void everyOneLoads(Block block, @TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("shown.yaml"), block.text());

        if (block.text().contains("bridges:")) {
            assertThat(BridgesLoader.load(file.toString(), new DocumentCache(null)))
                    .isNotEmpty();
        } else {
            assertThat(new ConfigLoader(
                                    new DocumentCache(null),
                                    new BoxFolders("/var/lib/jbox"),
                                    ImageSource.NONE,
                                    DevSource.NOBODY)
                            .load(file.toString(), List.of()))
                    .isNotNull();
        }
    }
}
