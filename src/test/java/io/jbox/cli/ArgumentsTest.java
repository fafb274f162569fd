package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.problem.JboxException;
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
