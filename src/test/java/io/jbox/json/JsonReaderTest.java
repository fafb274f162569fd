package io.jbox.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonReaderTest {
    @Test
    void readsWhatJsonWrites() throws JsonReader.MalformedException {
        Map<String, Object> value = new LinkedHashMap<>();
        value.put("texts", List.of("", "\"\\/\b\f\n\r\t\0", "ü 中 \ud83d\ude00", "half \ud83d"));
        value.put("numbers", List.of(0L, -1L, Long.MAX_VALUE, Long.MIN_VALUE));
        value.put("words", Arrays.asList(true, false, null));
        value.put("", Map.of());
        value.put("a \"key\"", List.of(List.of(), Map.of("deeper", List.of(1L))));

        assertThat(JsonReader.read(Json.write(value))).isEqualTo(value);
    }

    @Test
    void keepsTheOrderOfKeys() throws JsonReader.MalformedException {
        assertThat(JsonReader.read("{\"z\": 1, \"a\": 2, \"m\": 3}"))
                .asInstanceOf(InstanceOfAssertFactories.map(String.class, Long.class))
                .containsExactly(Map.entry("z", 1L), Map.entry("a", 2L), Map.entry("m", 3L));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'' | unexpected end at character 1",
                "'  ' | unexpected end at character 3",
                "[ | unexpected end at character 2",
                "{\"a\" | unexpected end at character 5",
                "{\"a\": | unexpected end at character 6",
                "\"a | unexpected end at character 3",
                "\"\\ | unexpected end at character 3",
                "\"\\u00 | unexpected end at character 4",
                "[1,] | expected a value at character 4",
                "[,1] | expected a value at character 2",
                "[1 2] | expected ',' at character 4",
                "{\"a\": 1,} | expected a key at character 9",
                "{\"a\" 1} | expected ':' at character 6",
                "{a: 1} | expected a key at character 2",
                "{1: 1} | expected a key at character 2",
                "{\"a\": 1, \"a\": 2} | key \"a\" is given twice at character 14",
                "[1}] | expected ',' at character 3",
                "[] [] | more text after the value at character 4",
                "1 x | more text after the value at character 3",
                "tru | unexpected character at character 1",
                "nul | unexpected character at character 1",
                "True | expected a value at character 1",
                "'a' | expected a value at character 1",
                "- | expected a value at character 1",
                "1-2 | expected a value at character 1",
                "--1 | expected a value at character 1",
                "+1 | expected a value at character 1",
                "1.5 | more text after the value at character 2",
                "1e3 | more text after the value at character 2",
                "NaN | expected a value at character 1",
                "18446744073709551616 | expected a value at character 1",
                "-9223372036854775809 | expected a value at character 1",
                "\"\\x\" | unknown escape at character 4",
                "\"\\u00g0\" | expected a hexadecimal digit at character 7",
                "\"\\u００４１\" | expected a hexadecimal digit at character 5",
                "\"a\tb\" | control character in text at character 4",
            })
    void whatIsNoJsonIsAnErrorThatSaysWhere(String text, String message) {
        String read = text.equals("''") ? "" : text.equals("'  '") ? "  " : text;

        assertThatThrownBy(() -> JsonReader.read(read))
                .isInstanceOf(JsonReader.MalformedException.class)
                .hasMessage(message);
    }

    /** A seccomp profile has numbers of 64 bits without a sign. */
    @Test
    void aNumberAbove63BitsIsReadByItsBits() throws JsonReader.MalformedException {
        assertThat(JsonReader.read("18446744073709551615")).isEqualTo(-1L);
        assertThat(JsonReader.read("9223372036854775808")).isEqualTo(Long.MIN_VALUE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[", "{\"a\": "})
    void nestsUpTo64Deep(String open) throws JsonReader.MalformedException {
        String close = open.equals("[") ? "]" : "}";
        int at = 65 * open.length() + (open.equals("[") ? 1 : 0);

        assertThat(JsonReader.read(open.repeat(64) + "1" + close.repeat(64))).isNotNull();
        assertThatThrownBy(() -> JsonReader.read(open.repeat(65) + "1" + close.repeat(65)))
                .hasMessage("nested too deeply at character " + at);
        assertThatThrownBy(() -> JsonReader.read(open.repeat(1_000_000)))
                .hasMessage("nested too deeply at character " + at);
    }

    @Test
    void aMillionElementsAreRead() throws JsonReader.MalformedException {
        List<Long> numbers = new ArrayList<>();
        for (long i = 0; i < 1_000_000; i++) {
            numbers.add(i);
        }

        assertThat(JsonReader.read(numbers.toString())).isEqualTo(numbers);
    }
}
