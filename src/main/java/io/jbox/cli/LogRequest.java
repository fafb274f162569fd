package io.jbox.cli;

import io.jbox.config.Config;
import io.jbox.config.Value;
import io.jbox.host.BoxTrees;
import io.jbox.host.HostPaths;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.request.LaunchObserver;
import java.util.function.Function;

/** Decides whether, what and where to log. Separate from {@link Logging}, whose classes are loaded only for logging. */
final class LogRequest implements Function<Config, LaunchObserver> {
    private final BoxTrees trees;

    /** @param trees of all boxes: a path inside them cannot redirect a log */
    LogRequest(BoxTrees trees) {
        this.trees = trees;
    }

    /** Follows the configuration's log section; by default nothing is logged. */
    @Override
    public LaunchObserver apply(Config config) {
        return config.log().file() == null && config.log().level().place().isDefault()
                ? LaunchObserver.NONE
                : open(config, config.log().level().get());
    }

    /** The same, overridden by the command line. */
    LaunchObserver observer(Arguments arguments, Config config) {
        String level = arguments.value(Option.LOG_LEVEL);
        String file = arguments.value(Option.LOG_FILE);
        if (level == null && file == null) {
            return apply(config);
        }
        String written = level == null ? config.log().level().get() : level;
        return file == null ? open(config, written) : new Logging(written, file, paths(config));
    }

    private HostPaths paths(Config config) {
        return new HostPaths(config.hostTrees(), trees);
    }

    private LaunchObserver open(Config config, String level) {
        Value<String> file = config.log().file();
        try {
            return new Logging(level, file == null ? null : file.get(), paths(config));
        } catch (JboxException e) {
            Problem problem = e.problems().get(0);
            throw file == null
                    ? e
                    : new JboxException(new Problem("log.file: " + problem.message(), file.place(), problem.hint()));
        }
    }
}
