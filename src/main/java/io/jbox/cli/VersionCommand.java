package io.jbox.cli;

import io.jbox.json.Json;
import java.util.List;
import java.util.Map;

/** {@code jbox version}: prints the version. */
final class VersionCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec("version", "", "prints the version", "", List.of(Option.JSON), false).apart();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        String version = VersionCommand.class.getPackage().getImplementationVersion();
        String shown = version == null ? "unknown" : version;
        surroundings.out().println(arguments.has(Option.JSON) ? Json.write(Map.of("version", shown)) : "jbox " + shown);
        return 0;
    }
}
