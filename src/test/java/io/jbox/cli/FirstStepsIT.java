package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What somebody reads who types a command for the first time. */
class FirstStepsIT {
    @BeforeAll
    static void host() {
        TestHost.require();
    }

    @AfterEach
    void nothingIsLeft() {
        TestHost.process("stop", "-k", "bbox-empty");
        Boxes.await("leftovers " + Boxes.leftovers(), () -> Boxes.leftovers().isEmpty());
    }

    /** A command's output where that is a terminal. */
    private static String onATerminal(String command) {
        return TestHost.run(
                        List.of("sh", "-c", "script -qec 'bin/jbox " + command + "' /dev/null </dev/null"), Map.of())
                .out()
                .replace("\r", "");
    }

    @Test
    void aStartSaysWhatToTypeNext() {
        assumeFalse(TestHost.COMPILED, "only a start that has no program yet");
        String first = onATerminal("start bbox-empty");

        assertThat(first)
                .contains(
                        "bbox-empty is running: jbox exec bbox-empty is a shell in it, jbox stop bbox-empty ends it\n");
    }

    @Test
    void aScriptReadsNothingOfThat() {
        TestHost.Result started = TestHost.process("start", "bbox-empty");

        assertThat(started.exitCode()).isZero();
        assertThat(started.out()).isEmpty();
        assertThat(started.err()).isEmpty();
    }

    @Test
    void anEmptyListSaysHowToBegin() {
        assertThat(onATerminal("ls -P /run/no-boxes")).contains("no box is defined or running; jbox start bbox starts");
        assertThat(TestHost.process("ls", "-P", "/run/no-boxes").err()).isEmpty();
    }

    @Test
    void helpBeginsWithTheFirstSteps() {
        assertThat(TestHost.process().out() + TestHost.process().err()).contains("jbox start bbox", "jbox config keys");
        assertThat(TestHost.process("help").out()).contains("jbox start bbox", "jbox config keys");
    }

    @Test
    void whatIsTypedWronglyNamesWhatIsNear() {
        for (Map.Entry<String, String> words : Map.of(
                        "start bbxo", "\"bbox\"",
                        "strat bbox", "\"start\"",
                        "attach bbox", "\"exec\"",
                        "ps", "\"ls\"",
                        "rm bbox", "\"destroy\"",
                        "start --forground bbox", "--foreground",
                        "config keys sginal", "\"signal\"")
                .entrySet()) {
            TestHost.Result result = TestHost.process(words.getKey().split(" "));
            assertThat(result.exitCode()).as(words.getKey()).isNotZero();
            assertThat(result.err()).as(words.getKey()).contains("did you mean " + words.getValue());
        }
    }
}
