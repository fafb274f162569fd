package io.jbox.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.OutputStreamAppender;
import io.jbox.host.HostPaths;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.program.Call;
import io.jbox.program.Plan;
import io.jbox.program.Step;
import io.jbox.request.LaunchObserver;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs launches. Loaded only on request, since it takes 30 to 60 ms to initialise. */
final class Logging implements LaunchObserver {
    private final Logger log;

    /**
     * @param file null for standard error
     * @param paths to look it up
     * @throws JboxException if there is no such level, or the file cannot be written
     */
    Logging(String level, @Nullable String file, HostPaths paths) {
        this.log = open(level, file, paths);
    }

    private static Logger open(String level, @Nullable String file, HostPaths paths) {
        Level parsed = Level.toLevel(level, null);
        if (parsed == null) {
            throw new JboxException(
                    List.of(new Problem("log level \"" + level + "\": error, warn, info, debug or trace")),
                    JboxException.USAGE);
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
            appender = new OutputStreamAppender<>();
        }
        appender.setContext(context);
        appender.setEncoder(encoder);
        if (file != null) {
            appender.setOutputStream(paths.write(file, true));
        }
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
