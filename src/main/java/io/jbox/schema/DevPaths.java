package io.jbox.schema;

import io.jbox.config.Developer;
import io.jbox.config.Value;
import io.jbox.problem.Problem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The paths of a {@code dev} section: within the project, or beside it. */
final class DevPaths {
    private static final String HOME = "~/";

    private final Path project;
    private final Developer developer;
    private final List<Problem> problems;

    /**
     * @param project the folder of the configuration's file
     * @param problems receives the problems found
     */
    DevPaths(String project, Developer developer, List<Problem> problems) {
        this.project = Path.of(project);
        this.developer = developer;
        this.problems = problems;
    }

    /** The project's path in the box. */
    String folder(Value<String> path) {
        Path folder = Path.of(path.get()).normalize();
        if (!folder.isAbsolute() || folder.getNameCount() == 0) {
            problems.add(new Problem(
                    "dev.folder: \"" + path.get() + "\" is not a folder of the box",
                    path.place(),
                    "write a path such as /src"));
        }
        return folder.toString();
    }

    /** A cache folder, which exists on the host and in the box. */
    Value<String> cache(Value<String> path) {
        String text = path.get();
        Path cache = Path.of(text.startsWith(HOME) ? developer.home() + "/" + text.substring(HOME.length()) : text)
                .normalize();
        if (!cache.isAbsolute() || project.startsWith(cache) || cache.startsWith(project)) {
            problems.add(new Problem(
                    "dev.caches: \"" + text + "\" is not a folder outside the project",
                    path.place(),
                    "it begins with ~/ or /, such as ~/.m2, and is neither in the project nor around it"));
        }
        return new Value<>(cache.toString(), path.place());
    }

    /**
     * A path below the project's folder.
     *
     * @param key that contains the path
     * @return relative
     */
    Path within(String key, Value<String> path) {
        Path within = Path.of(path.get()).normalize();
        boolean up = within.startsWith("..") || within.toString().isEmpty();
        if (within.isAbsolute() || up) {
            problems.add(new Problem(
                    key + ": \"" + path.get() + "\" is not a path within the project",
                    path.place(),
                    "it is relative to the project's folder, such as .env or secrets/key"));
            return Path.of("none");
        }
        for (int i = 1; i <= within.getNameCount(); i++) {
            if (Files.isSymbolicLink(project.resolve(within.subpath(0, i)))) {
                problems.add(new Problem(
                        key + ": \"" + within.subpath(0, i) + "\" is a symbolic link",
                        path.place(),
                        "write the path that it leads to"));
            }
        }
        return within;
    }
}
