package io.jbox.cli;

import io.jbox.box.LaunchObserver;
import io.jbox.config.Config;
import io.jbox.config.Value;

/** Whether, what and where to log; kept apart from {@link Logging}, whose classes only who logs should load. */
final class LogRequest {
    private LogRequest() {}

    /** What the configuration's log section asks for; nothing by default. */
    static LaunchObserver configured(Config config) {
        Value<String> file = config.log().file();
        return file == null && config.log().level().place().isDefault()
                ? LaunchObserver.NONE
                : new Logging(config.log().level().get(), file == null ? null : file.get(), config.hostTrees());
    }

    /** What -o and -l ask for, else the configuration's log section; nothing by default. */
    static LaunchObserver observer(Arguments arguments, Config config) {
        String level = arguments.value(Option.LOG_LEVEL);
        String file = arguments.value(Option.LOG_FILE);
        Value<String> configured = config.log().file();
        if (file == null && configured != null) {
            file = configured.get();
        }
        if (level == null && file == null && config.log().level().place().isDefault()) {
            return LaunchObserver.NONE;
        }
        return new Logging(level == null ? config.log().level().get() : level, file, config.hostTrees());
    }
}
