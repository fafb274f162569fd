package io.jbox.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** 100,000 mutated configurations: the reader reads, or says what is wrong, and nothing else. */
class ConfigMutationTest {
    private static final int ROUNDS = 100_000;
    private static final long SEED = 20_261_101;
    private static final String[] SCRAPS = {
        ":",
        "- ",
        "[",
        "]",
        "{",
        "}",
        "&a ",
        "*a",
        "!!str ",
        "!x ",
        "|\n",
        ">\n",
        "\t",
        "\n",
        "\u0000",
        "\ud83d\ude00",
        "\ud800",
        "'",
        "\"",
        "#",
        "? ",
        "---\n",
        "...\n",
        "<<: ",
        "%YAML 1.1\n",
        "0",
        "-1",
        "99999999999999999999",
        "~",
        "null",
        "\u2028",
        "\ufeff",
        "name",
        "net:\n - type: veth\n",
        "=",
        "..",
        "/",
        "@",
        "`",
        "\r",
        "\\",
        "\u0085"
    };

    @Test
    void neverThrowsAnythingButItsOwnError() throws IOException {
        List<String> seeds = seeds();
        Random random = new Random(SEED);
        int good = 0;
        for (int round = 0; round < ROUNDS; round++) {
            String text = mutate(seeds.get(random.nextInt(seeds.size())), random);
            try {
                TestConfigs.of(text);
                good++;
            } catch (JboxException e) {
                for (Problem problem : e.problems()) {
                    assertThat(problem.message()).isNotBlank().doesNotContain("\n");
                    assertThat(problem.render()).endsWith("\n");
                }
            } catch (RuntimeException | StackOverflowError e) {
                fail("round " + round + ": " + e + " for:\n" + text, e);
            }
        }
        // A generator that only makes rubbish would test the scanner alone.
        assertThat(good).isBetween(ROUNDS / 50, ROUNDS * 9 / 10);
    }

    private static List<String> seeds() throws IOException {
        List<String> seeds = new ArrayList<>();
        for (Path folder : List.of(Path.of("examples/configs"), Path.of("src/test/resources/errors"))) {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.filter(f -> f.toString().endsWith(".yaml"))
                        .sorted()
                        .toList()) {
                    seeds.add(Files.readString(file));
                }
            }
        }
        return seeds;
    }

    private static String mutate(String seed, Random random) {
        StringBuilder text = new StringBuilder(seed);
        for (int edits = 1 + random.nextInt(4); edits > 0; edits--) {
            int at = random.nextInt(text.length() + 1);
            int end = Math.min(text.length(), at + random.nextInt(12));
            switch (random.nextInt(5)) {
                case 0 -> text.delete(at, end);
                case 1 -> text.insert(at, SCRAPS[random.nextInt(SCRAPS.length)]);
                case 2 -> text.insert(at, text.substring(at, end));
                case 3 -> text.replace(at, end, SCRAPS[random.nextInt(SCRAPS.length)]);
                default -> {
                    if (at < text.length()) {
                        text.setCharAt(at, (char)
                                (random.nextInt(8) == 0 ? random.nextInt(0x10000) : 32 + random.nextInt(95)));
                    }
                }
            }
        }
        return text.toString();
    }
}
