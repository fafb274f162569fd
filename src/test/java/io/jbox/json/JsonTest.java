package io.jbox.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class JsonTest {
    /** A terminal may be where it goes: C1 controls, directions and what is invisible are written as their numbers. */
    @Test
    void onlyTextIsWrittenAsItIs() throws JsonReader.MalformedException {
        String text = "a\u009b6n \u202e \u200b \u2028 \u00fc \u4e2d \ud83d\ude00 \u007f\u001b";

        String written = Json.write(List.of(text));

        assertThat(written)
                .contains("a\\u009b6n \\u202e \\u200b \\u2028 \u00fc \u4e2d \\ud83d\\ude00 \\u007f\\u001b")
                .doesNotContain("\u009b", "\u202e", "\u200b", "\u2028");
        assertThat(JsonReader.read(written)).isEqualTo(List.of(text));
    }
}
