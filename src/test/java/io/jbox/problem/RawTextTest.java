package io.jbox.problem;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link RawText}: no byte is lost on the way into a text and out of it. */
class RawTextTest {
    @ParameterizedTest
    @ValueSource(strings = {"", "plain", "grün", "\u20ac", "\ud83d\ude00", "\uffff", "\u0080"})
    void textIsAsJavaHasIt(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);

        assertThat(RawText.decode(bytes)).isEqualTo(text);
        assertThat(RawText.encode(text)).isEqualTo(bytes);
        assertThat(RawText.isRaw(text)).isFalse();
    }

    /** Lone, cut short, overlong, a surrogate's encoding, above U+10FFFF. */
    @Test
    void whatIsNoTextComesBackAsItWas() {
        for (String hex : new String[] {"ff", "80", "c3", "e282", "f09f98", "c080", "eda080", "edb280", "f4908080"}) {
            byte[] bytes = java.util.HexFormat.of().parseHex("61" + hex + "62");

            assertThat(RawText.encode(RawText.decode(bytes))).as(hex).isEqualTo(bytes);
            assertThat(RawText.isRaw(RawText.decode(bytes))).as(hex).isTrue();
        }
    }

    @Test
    void anyBytesComeBack() {
        Random random = new Random(13);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(12)];
            random.nextBytes(bytes);

            assertThat(RawText.encode(RawText.decode(bytes))).isEqualTo(bytes);
        }
    }
}
