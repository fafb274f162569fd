package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** {@link ManPage}: text for man(7). */
class ManPageTest {
    private static final CommandSpec SPEC = new CommandSpec(
            "dig",
            "[HOLE]...",
            "digs holes",
            "A HOLE isn't deep.\n  one   a hole\n  two   more\nThat is all.\n",
            List.of(new Option('d', "depth", "[=METRES]", "how deep")),
            false);

    @Test
    void hasItsSectionsInTheOrderOfManPages() {
        String page = new ManPage(SPEC, List.of(new Example("By hand:", List.of("$ jbox dig -d", ".done")))).text();

        assertThat(page).isEqualTo("""
                        .TH JBOX-DIG 1 "" jbox "jbox manual"
                        .SH NAME
                        jbox\\-dig \\- digs holes
                        .SH SYNOPSIS
                        .B jbox dig
                        [OPTIONS] [HOLE]...
                        .SH DESCRIPTION
                        Digs holes.
                        .PP
                        A HOLE isn\\(aqt deep.
                        .PP
                        .nf
                        .RS 4
                        one   a hole
                        two   more
                        .RE
                        .fi
                        .PP
                        That is all.
                        .SH OPTIONS
                        .TP
                        .B \\-d, \\-\\-depth[=METRES]
                        How deep.
                        .TP
                        .B \\-h, \\-\\-help
                        Show this help.
                        .SH EXIT STATUS
                        0, or that of the program that was run, 128 + N if signal N has killed it. 125 if jbox failed, 126 if the program cannot be executed, 127 if it was not found, 2 for wrong usage.
                        .SH EXAMPLES
                        By hand:
                        .PP
                        .nf
                        .RS 4
                        $ jbox dig \\-d
                        \\&.done
                        .RE
                        .fi
                        .SH SEE ALSO
                        \\fBjbox\\fR(1), \\fBjbox.yaml\\fR(5)
                        """);
    }

    @Test
    void everyCommandHasOne() {
        for (String name : Commands.NAMES) {
            String page = new ManPage(Commands.find(name).spec(), Example.of(name)).text();
            assertThat(page)
                    .as(name)
                    .startsWith(".TH JBOX-")
                    .doesNotContain("\n\n")
                    .endsWith("jbox.yaml\\fR(5)\n");
        }
    }
}
