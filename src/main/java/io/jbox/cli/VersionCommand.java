package io.jbox.cli;

import io.jbox.json.Json;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** {@code jbox version}: prints the version. */
final class VersionCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                        "version",
                        "",
                        "prints the version, and the commit it was built from",
                        "",
                        List.of(Option.JSON),
                        false)
                .apart();
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        Properties made = read();
        String version = made.getProperty("version", "unknown");
        String commit = made.getProperty("commit", "");
        if (arguments.has(Option.JSON)) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("version", version);
            fields.put("commit", commit.isEmpty() ? null : commit);
            surroundings.out().println(Json.write(fields));
        } else {
            surroundings.out().println(text());
        }
        return 0;
    }

    /** The version, and the commit if that is known. */
    static String text() {
        Properties made = read();
        String commit = made.getProperty("commit", "");
        return "jbox " + made.getProperty("version", "unknown") + (commit.isEmpty() ? "" : " (" + commit + ")");
    }

    /** Returns what the build has written: the version, and the commit if it was built in a git repository. */
    private static Properties read() {
        Properties properties = new Properties();
        try (InputStream file = VersionCommand.class.getResourceAsStream("version.properties")) {
            if (file != null) {
                properties.load(file);
            }
        } catch (IOException e) {
            throw new JboxException("jbox's own version cannot be read: " + SystemError.of(e));
        }
        return properties;
    }
}
