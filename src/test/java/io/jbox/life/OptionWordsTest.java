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
        return Objects.requireNonNull(OptionWords.parse("exec", List.of(words.split(" "))), words);
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
                "-e A=b /tmp/web.yaml",
                "-t .web",
                "--user 7 web",
                "-u7 web",
                "-P /etc web",
                "web --privileged",
                "-w /1234567890/1234567890/1234567890/1234567890/1234567890/1234567890/1234567890/1234567890/12345678 web"
            })
    void othersHaveNone(String words) {
        assertThat(OptionWords.parse("exec", List.of(words.split(" ")))).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-u 7 web", "web -T"})
    void runHasFewerOptions(String words) {
        assertThat(OptionWords.parse("run", List.of(words.split(" ")))).isNull();
        assertThat(OptionWords.parse("exec", List.of(words.split(" ")))).isNotNull();
        assertThat(OptionWords.parse("run", List.of("-t", "-w", "/tmp", "web"))).isNotNull();
    }

    /** It takes the place of the box. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                --image alpine:3.20              | .--image.alpine:3.20
                -e A=b --image a.b/c -w /tmp     | .-e.A.--image.a.b!c.-w.!tmp
                --image oci:/srv/images:one      | .--image.oci:!srv!images:one
                """)
    void anImageIsInTheEndOfTheName(String words, String suffix) {
        OptionWords parsed = Objects.requireNonNull(OptionWords.parse("run", List.of(words.split(" "))));

        assertThat(parsed.suffix()).isEqualTo(suffix);
        assertThat(parsed.known()).endsWith(KnownWord.of("--"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--image",
                "--image=alpine",
                "--image oci:images",
                "--image docker-archive:file.tar",
                "--image Alpine!",
                "--image deb:bookworm?package=git",
                "--image alpine web",
                "web --image alpine",
                "--image alpine --image alpine"
            })
    void otherImagesHaveNone(String words) {
        assertThat(OptionWords.parse("run", List.of(words.split(" ")))).isNull();
        assertThat(OptionWords.parse("exec", List.of("--image", "alpine"))).isNull();
    }

    /** Where an option changes what the streams become, no program carries them so. */
    @Test
    void optionsAboutTerminalsFitCertainStreams() {
        assertThat(parse("-t web").fit("ttt")).isTrue();
        assertThat(parse("-t web").fit("pp")).isFalse();
        assertThat(parse("-t web").fit("ttp")).isFalse();
        assertThat(parse("-T web").fit("ttt")).isFalse();
        assertThat(parse("-T web").fit("ps")).isTrue();
        assertThat(parse("-w /tmp web").fit("tps")).isTrue();
    }

    @Test
    void aNameIsAsLongAsTheLauncherTakesIt() {
        assertThat(OptionWords.parse("exec", List.of("-e", "A".repeat(64) + "=b", "web")))
                .isNotNull();
        assertThat(OptionWords.parse("exec", List.of("-e", "A".repeat(65) + "=b", "web")))
                .isNull();
    }

    @Test
    void whatIsFoundInThem() {
        OptionWords words = parse("-u 7 -e A=secret web -w /tmp -e B=other");

        assertThat(words.box()).isEqualTo("web");
        assertThat(words.user()).isEqualTo("7");
        assertThat(words.folder()).isEqualTo("/tmp");
        assertThat(words.environment()).containsExactly("A=", "B=");
        assertThat(words.texts()).containsExactly("-u", "7", "-e", "A=", "web", "-w", "/tmp", "-e", "B=");
        assertThat(words.known())
                .contains(KnownWord.of("exec"), new KnownWord("A=", KnownWord.Kind.BEGINNING), KnownWord.of("/tmp"))
                .hasSize(10);
        assertThat(words.command()).isEqualTo("exec");
    }
}
