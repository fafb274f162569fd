package io.jbox.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sequences that are put into one are still there, each in its order. */
class VariantsTest {
    private static List<String> letters(String text) {
        return List.of(text.split(""));
    }

    private static String shown(List<Variants.Part<String>> parts) {
        StringBuilder out = new StringBuilder();
        for (Variants.Part<String> part : parts) {
            out.append(part.whose()).append(String.join("", part.content())).append(' ');
        }
        return out.toString().trim();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "abc, abc | {0, 1}abc",
                "abc, abxc | {0, 1}ab {1}x {0, 1}c",
                "axc, ayc | {0, 1}a {0}x {1}y {0, 1}c",
                "axyc, ayxc | {0, 1}a {0}x {0, 1}y {1}x {0, 1}c",
                "ab, b, abd | {0, 2}a {0, 1, 2}b {2}d",
                "a, b | {0}a {1}b",
            })
    void whatIsTheSameIsThereOnce(String sequences, String merged) {
        List<List<String>> all = new ArrayList<>();
        for (String sequence : sequences.split(", ")) {
            all.add(letters(sequence));
        }

        assertThat(shown(Variants.merge(all))).isEqualTo(merged);
    }

    /** Whatever the sequences are: equal elements more than once, another order, or nothing in common. */
    @Test
    void eachSequenceIsWhatIsLeftOfTheWhole() {
        Random random = new Random(1);
        for (int round = 0; round < 500; round++) {
            List<List<Integer>> all = new ArrayList<>();
            int count = 1 + random.nextInt(6);
            for (int i = 0; i < count; i++) {
                List<Integer> sequence = new ArrayList<>();
                int length = random.nextInt(12);
                for (int j = 0; j < length; j++) {
                    sequence.add(random.nextInt(5));
                }
                all.add(sequence);
            }

            List<Variants.Part<Integer>> parts = Variants.merge(all);
            for (int i = 0; i < count; i++) {
                List<Integer> own = new ArrayList<>();
                for (Variants.Part<Integer> part : parts) {
                    own.addAll(part.whose().get(i) ? part.content() : List.of());
                }
                assertThat(own).as(all + " " + i).isEqualTo(all.get(i));
            }
        }
    }
}
