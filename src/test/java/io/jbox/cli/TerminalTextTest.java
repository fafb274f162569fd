package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link TerminalText}: text, tabs, lines and colours; nothing that a terminal answers or acts on. */
class TerminalTextTest {
    private static byte[] shown(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TerminalText text = new TerminalText(out);
        text.write(bytes);
        text.flush();
        return out.toByteArray();
    }

    private static String shown(String text) throws IOException {
        return new String(shown(text.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "plain\ttext\n",
                "grün \u20ac \ud83d\ude00 \u4e2d",
                "\033[1;31mred\033[0m",
                "\033[38:5:9m",
                "\033[m"
            })
    void textAndColoursStay(String text) throws IOException {
        assertThat(shown(text)).isEqualTo(text);
    }

    /** To a terminal of eight bits it begins a control sequence. */
    @Test
    void aByteThatIsPartOfNoLetterIsLeftOut() throws IOException {
        byte[] lone = {'a', (byte) 0x9b, '6', 'n', (byte) 0xc3, (byte) 0xa4, (byte) 0x9b, 'b'};

        assertThat(new String(shown(lone), StandardCharsets.UTF_8)).isEqualTo("a6näb");
    }

    @ParameterizedTest
    @CsvSource({
        "\033[6n, cursor",
        "\033[c, attributes",
        "\033[2J, clear",
        "\033[?1000h, mouse",
        "\033[>4;2m, keys",
        "\033[20t, title",
        "\033]0;title\007, title",
        "\033]52;c;AAAA\033\\, clipboard",
        "\033P$q\"p\033\\, settings",
        "\033c, reset",
        "\033(0, letters",
        "\033#8, screen",
        "\u009b6n, in one",
        "\u009d0;x\007, in one",
        "\u202e, direction",
        "\u200b, nothing"
    })
    void whatATerminalActsOnGoes(String sequence, String what) throws IOException {
        String shown = shown("a" + sequence + "b");

        assertThat(shown).as(what).startsWith("a").endsWith("b").matches("[ -~\n]*");
    }

    /** However the bytes are cut, broken off and mixed, no control but tab, newline and a colour's escape comes out. */
    @Test
    void noMixtureGetsThrough() throws IOException {
        Random random = new Random(19);
        byte[] often = "\033\033[]P0;?6nmch\\\007\n\t\b\r\302\233\342\200\256x".getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(40)];
            for (int k = 0; k < bytes.length; k++) {
                bytes[k] = random.nextInt(4) == 0 ? (byte) random.nextInt(256) : often[random.nextInt(often.length)];
            }
            String shown = new String(shown(bytes), StandardCharsets.UTF_8);
            assertThat(shown.replaceAll("\033\\[[0-9;:]*m", ""))
                    .doesNotContainPattern("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\u202a-\u202e]");
        }
    }
}
