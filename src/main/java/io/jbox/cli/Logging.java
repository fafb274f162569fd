package io.jbox.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.OutputStreamAppender;
import io.jbox.box.LaunchObserver;
import io.jbox.config.Config;
import io.jbox.config.Value;
import io.jbox.plan.Call;
import io.jbox.plan.Plan;
import io.jbox.plan.Step;
import io.jbox.problem.JboxException;
import java.io.File;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logging of launches, loaded only where it was asked for: it takes 30 to 60 ms to come up. */
final class Logging implements LaunchObserver {
    private final Logger log;

    private Logging(Logger log) {
        this.log = log;
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
        return new Logging(open(level == null ? config.log().level().get() : level, file));
    }

    private static Logger open(String level, @Nullable String file) {
        Level parsed = Level.toLevel(level, null);
        if (parsed == null) {
            throw new JboxException("log level \"" + level + "\": error, warn, info, debug or trace");
        }
        if (file != null) {
            File folder = new File(file).getAbsoluteFile().getParentFile();
            if (folder == null || !folder.isDirectory() || new File(file).isDirectory()) {
                throw new JboxException("log file " + file + ": cannot be written");
            }
        }
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern("%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %logger{0}: %msg%n");
        encoder.start();
        OutputStreamAppender<ILoggingEvent> appender;
        if (file == null) {
            ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
            console.setTarget("System.err");
            appender = console;
        } else {
            FileAppender<ILoggingEvent> appending = new FileAppender<>();
            appending.setFile(file);
            appender = appending;
        }
        appender.setContext(context);
        appender.setEncoder(encoder);
        appender.start();
        ch.qos.logback.classic.Logger logger = context.getLogger("jbox");
        logger.addAppender(appender);
        logger.setLevel(parsed);
        return logger;
    }

    @Override
    public void begins(Plan plan) {
        for (Step step : plan.steps()) {
            log.debug("{}: {}: {} ({})", plan.box(), step.actor(), step.subject(), step.place());
            for (Call call : step.calls()) {
                log.trace("{}: {}", plan.box(), call.notation());
            }
        }
    }

    @Override
    public void runs(String box, int pid) {
        log.info("{}: runs, init is {}", box, pid);
    }

    @Override
    public void ended(String box, int status) {
        log.info("{}: ended, wait status {}", box, status);
    }
}
