package io.jbox.schema;

import io.jbox.config.RootfsPath;
import io.jbox.config.Value;
import io.jbox.problem.Place;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Makes paths of a configuration absolute. */
final class ConfigPaths {
    private ConfigPaths() {}

    /** @param roots finds the root file system of a box by its name */
    static RootfsPath absolute(RootfsPath path, Place place, UnaryOperator<String> roots) {
        List<String> lowers = new ArrayList<>();
        for (String lower : path.lowers()) {
            lowers.add(tree(lower, place, roots));
        }
        return new RootfsPath(List.copyOf(lowers), tree(path.path(), place, roots));
    }

    /** Resolves {@code box:NAME} to the default root file system of that box. */
    private static String tree(String path, Place place, UnaryOperator<String> roots) {
        return path.startsWith(RootfsPath.BOX)
                ? roots.apply(path.substring(RootfsPath.BOX.length()))
                : absolute(path, place);
    }

    /** Relative to the file that contains it. */
    static Value<String> absolute(Value<String> path) {
        return new Value<>(absolute(path.get(), path.place()), path.place());
    }

    /** Makes a path absolute; relative paths are relative to the file that contains them. */
    static String absolute(String path, Place place) {
        if (path.startsWith("/")) {
            return path;
        }
        File folder = place.line() == 0 || place.source().name().equals(Assignment.SOURCE)
                ? new File("").getAbsoluteFile()
                : new File(place.source().name()).getAbsoluteFile().getParentFile();
        return new File(folder, path).getPath();
    }

    /** A path without symbolic links; without a file, its name is all there is. */
    static String real(String path) {
        Path file = Path.of(path).toAbsolutePath().normalize();
        try {
            return file.toRealPath().toString();
        } catch (IOException e) {
            return file.toString();
        }
    }
}
