package io.jbox.cli;

import io.jbox.terminal.StandardStreams;
import java.util.List;

/** {@code jbox report-output DESCRIPTOR ERRNO}: run by a compiled program whose output could not be written. */
final class ReportOutputCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec("report-output", "DESCRIPTOR ERRNO", "tells of a failed write", "", List.of(), false)
                .apart();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        List<String> words = arguments.operands();
        if (words.size() != 2) {
            throw arguments.usage("expected a descriptor and an error number");
        }
        // The low 32 bits of a negative number.
        throw StandardStreams.notWritten(words.get(0), -(int) Long.parseLong(words.get(1)));
    }
}
