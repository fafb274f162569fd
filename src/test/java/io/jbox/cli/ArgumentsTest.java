package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.problem.JboxException;
import io.jbox.problem.RawText;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArgumentsTest {
    private static final Option FLAG = new Option('F', "flag", null, "a flag");
    private static final CommandSpec SPEC =
            new CommandSpec("test", "NAME", "tests", "", List.of(FLAG, Option.SET, Option.JSON), false);

    @Test
    void sortsWords() {
        Arguments arguments = parse("-Fs", "a=1", "--set=b=2", "-sc=3", "box", "--set", "d=4", "--", "-x", "--json");

        assertThat(arguments.has(FLAG)).isTrue();
        assertThat(arguments.values(Option.SET)).containsExactly("a=1", "b=2", "c=3", "d=4");
        assertThat(arguments.operands()).containsExactly("box");
        assertThat(arguments.rest()).containsExactly("-x", "--json");
        assertThat(arguments.has(Option.JSON)).isFalse();
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        for (String[] words : new String[][] {{"--flog"}, {"-x"}, {"--flag=1"}, {"-s"}, {"--set"}}) {
            assertThatThrownBy(() -> parse(words)).isInstanceOfSatisfying(JboxException.class, e -> {
                assertThat(e.exitCode()).isEqualTo(JboxException.USAGE);
                assertThat(e.problems().get(0).hint()).isEqualTo("jbox help test");
            });
        }
    }

    /** Java would look for another file. Only what goes into a box may be any bytes. */
    @Test
    void refusesBytesThatAreNoText() {
        String raw = RawText.decode(new byte[] {'a', (byte) 0xff});
        CommandSpec spec = new CommandSpec(
                "test", "NAME [-- CMD...]", "tests", "", List.of(Option.FILE, Option.ENV, Option.WORKDIR), false);

        for (List<String> words : List.of(List.of(raw), List.of("-f", raw), List.of("--file=" + raw))) {
            assertThatThrownBy(() -> Arguments.parse(spec, words)).hasMessageContaining("is not UTF-8");
        }
        Arguments arguments = Arguments.parse(spec, List.of("-e", "A=" + raw, "-w", "/" + raw, "box", "--", raw));
        assertThat(arguments.values(Option.ENV)).containsExactly("A=" + raw);
        assertThat(arguments.value(Option.WORKDIR)).isEqualTo("/" + raw);
        assertThat(arguments.rest()).containsExactly(raw);
    }

    @Test
    void tellsTheWordThatIsLikeIt() {
        assertThat(parse("x").noneOf("grap", "ls graph")).hasMessageContaining("did you mean graph?");
        assertThat(parse("x").noneOf("other", "ls graph").getMessage()).doesNotContain("mean");
    }

    @Test
    void everyCommandHasHelpAndCompletion() {
        for (String name : Commands.NAMES) {
            CommandSpec spec = Commands.find(name).spec();
            assertThat(spec.name()).isEqualTo(name);
            assertThat(spec.help()).startsWith("usage: jbox " + name).contains("--help");
        }
    }

    private static Arguments parse(String... words) {
        return Arguments.parse(SPEC, Arrays.asList(words));
    }
}
