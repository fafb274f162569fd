package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code jbox top} on a terminal. */
class TopIT {
    private static final String LONG = "a-box-whose-name-is-longer-than-the-terminal-is-wide";

    @BeforeAll
    static void host() {
        TestHost.require();
    }

    @AfterEach
    void stop() {
        TestHost.jbox("stop", "-k", LONG, "short");
    }

    @Test
    void keysSortAndTheWindowMayChange() {
        Boxes.jbox("start", Boxes.define(LONG, Boxes.idle()), Boxes.define("short", Boxes.idle()));

        String typing =
                "until grep -qs boxes /run/top-shown; do sleep 0.1; done; printf n; sleep 1; printf r; sleep 1; stty -F $(cat /run/top-tty) cols 100; sleep 1; printf q";
        String shown = TestHost.run(
                        List.of(
                                "sh",
                                "-c",
                                "(" + typing
                                        + ") | script -qfec 'tty >/run/top-tty; stty rows 5 cols 60; bin/jbox top -d 30; stty -a'"
                                        + " /run/top-shown"),
                        Map.of("TERM", "xterm"))
                .out();

        String[] screens = shown.split("\033\\[H");
        assertThat(screens).hasSize(5);
        assertThat(screens[1])
                .contains("2 boxes, by CPU%")
                .contains("a-box-whose+")
                .doesNotContain(LONG);
        assertThat(screens[2]).contains("by name").containsSubsequence("a-box-whose+", "short");
        assertThat(screens[3]).contains("by name, reversed").containsSubsequence("short", "a-box-whose+");
        assertThat(screens[4]).contains(LONG);
        // The terminal is as it was.
        assertThat(screens[4]).contains(" icanon").contains(" echo ");
    }
}
