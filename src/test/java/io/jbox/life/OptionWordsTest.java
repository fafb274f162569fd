package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.facts.KnownWord;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which words before a command have programs of their own, and what they are called. */
class OptionWordsTest {
    private static OptionWords parse(String words) {
        return Objects.requireNonNull(OptionWords.parse(List.of(words.split(" "))), words);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                web                      | ''
                -t web                   | .-t.N
                web -T                   | .N.-T
                -u 7:8 -w /var/tmp web   | .-u.7:8.-w.!var!tmp.N
                web -e A=b -e A=         | .N.-e.A.-e.A
                -e TOKEN=a/b=c,ü web     | .-e.TOKEN.N
                N                        | ''
                """)
    void theBoxIsNotInTheEndOfTheName(String words, String suffix) {
        assertThat(parse(words).suffix()).isEqualTo(suffix);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-u",
                "-u 7",
                "web -w tmp",
                "web -w",
                "-e A web",
                "-e =b web",
                "-e PATH=/bin web",
                "-e A.B=c web",
                "-u ü web",
                "-w /a!b web",
                "-w /a*b web",
                "web shop",
                "--user 7 web",
                "-u7 web",
                "-P /etc web",
                "web --privileged",
                "-w /1234567890/1234567890/1234567890/1234567890/1234567890/1234567890/1234567890/1234567890/12345678 web"
            })
    void othersHaveNone(String words) {
        assertThat(OptionWords.parse(List.of(words.split(" ")))).isNull();
    }

    @Test
    void whatIsFoundInThem() {
        OptionWords words = parse("-u 7 -e A=secret web -w /tmp -e B=other");

        assertThat(words.box()).isEqualTo("web");
        assertThat(words.user()).isEqualTo("7");
        assertThat(words.folder()).isEqualTo("/tmp");
        assertThat(words.environment()).containsExactly("A=", "B=");
        assertThat(words.words()).containsExactly("-u", "7", "-e", "A=", "web", "-w", "/tmp", "-e", "B=");
        assertThat(words.known("exec"))
                .contains(KnownWord.of("exec"), new KnownWord("A=", KnownWord.Kind.BEGINNING), KnownWord.of("/tmp"))
                .hasSize(10);
        assertThat(words.arePlain()).isFalse();
        assertThat(parse("web").arePlain()).isTrue();
    }
}
