package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.Golden;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** docs/reference/commands.md is what the commands themselves say. */
class CommandsDocumentTest {
    @Test
    void everyCommandHasAnExample() {
        List<String> without = new ArrayList<>(Commands.NAMES);
        without.removeIf(name -> !Example.of(name).isEmpty());

        assertThat(without).isEmpty();
    }

    @Test
    void theDocumentIsWhatTheCommandsSay() {
        StringBuilder out = new StringBuilder("""
                # Commands

                `jbox help COMMAND` prints the same for a terminal, and `jbox man COMMAND | man -l -` a manual page. Examples are run by a test; `...`
                stands for output that differs from host to host.

                """);
        for (String name : Commands.NAMES) {
            out.append("## jbox ").append(name).append("\n\n```\n");
            out.append(Commands.find(name).spec().help()).append("```\n\n");
            for (Example example : Example.of(name)) {
                out.append(example.about()).append("\n\n```console\n");
                out.append(String.join("\n", example.lines())).append("\n```\n\n");
            }
        }
        Golden.check(Path.of("docs/reference/commands.md"), out.toString().stripTrailing() + "\n");
    }
}
