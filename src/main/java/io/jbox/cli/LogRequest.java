package io.jbox.cli;

import io.jbox.box.LaunchObserver;
import io.jbox.config.Config;
import io.jbox.config.Value;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;

/** Whether, what and where to log; kept apart from {@link Logging}, whose classes only who logs should load. */
final class LogRequest {
    private LogRequest() {}

    /** What the configuration's log section asks for; nothing by default. */
    static LaunchObserver configured(Config config) {
        return config.log().file() == null && config.log().level().place().isDefault()
                ? LaunchObserver.NONE
                : open(config, config.log().level().get());
    }

    /** The same, but for what the command line says of it. */
    static LaunchObserver observer(Arguments arguments, Config config) {
        String level = arguments.value(Option.LOG_LEVEL);
        String file = arguments.value(Option.LOG_FILE);
        if (level == null && file == null) {
            return configured(config);
        }
        String written = level == null ? config.log().level().get() : level;
        return file == null ? open(config, written) : new Logging(written, file, config.hostTrees());
    }

    private static LaunchObserver open(Config config, String level) {
        Value<String> file = config.log().file();
        try {
            return new Logging(level, file == null ? null : file.get(), config.hostTrees());
        } catch (JboxException e) {
            Problem problem = e.problems().get(0);
            throw file == null
                    ? e
                    : new JboxException(new Problem("log.file: " + problem.message(), file.place(), problem.hint()));
        }
    }
}
