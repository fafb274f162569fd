package io.jbox.host;

import io.jbox.config.WaitStatus;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.ProcessTree;
import io.jbox.number.Pid;
import io.jbox.plan.HookEnvironment;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.problem.SystemError;
import io.jbox.program.Effect;
import io.jbox.program.Step;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Runs the hooks that are host programs: pre-start, start-host, stop, post-stop, clone and destroy. */
public final class HostHooks {
    /**
     * Waits for a line from jbox. If jbox is killed before it has recorded the process, this reads end of file and
     * exits, so the hook has not begun.
     */
    private static final String WAITS = "read -r JBOX_BEGINS || exit 0; unset JBOX_BEGINS; exec </dev/null; ";

    private final Kernel kernel;
    private final String box;
    private final long timeout;
    private final String log;
    private final @Nullable Consumer<Pid> begun;

    /**
     * @param timeout in seconds, for each hook
     * @param log receives their output
     */
    public HostHooks(Kernel kernel, String box, long timeout, String log) {
        this(kernel, box, timeout, log, null);
    }

    private HostHooks(Kernel kernel, String box, long timeout, String log, @Nullable Consumer<Pid> begun) {
        this.begun = begun;
        this.kernel = kernel;
        this.box = box;
        this.timeout = timeout;
        this.log = log;
    }

    /**
     * Runs a hook and waits for it.
     *
     * @param environment {@code NAME=VALUE} each, nothing else
     * @throws JboxException if it fails or takes too long; in that case it is killed
     */
    public void run(String stage, String command, Place place, List<String> environment) {
        runLine(
                "hook " + stage + " \"" + command + "\"",
                HookEnvironment.line(box, stage, command),
                place,
                environment);
    }

    /**
     * Runs a hook of a plan and waits for it.
     *
     * @param init the first process's id, which it is told; 0 where there is none
     * @throws JboxException if it fails or takes too long; in that case it is killed
     */
    public void run(Step step, Effect.Hook hook, int init) {
        List<String> environment = new ArrayList<>(hook.environment());
        if (init != 0) {
            HookEnvironment.add("PID", Integer.toString(init), environment);
        }
        runLine(step.subject(), hook.line(), step.place(), environment);
    }

    /**
     * Runs a shell's command line and waits for it.
     *
     * @param what how its failure is reported
     */
    public void runLine(String what, String line, Place place, List<String> environment) {
        String subject = box + ": " + what;
        try (Fd file = OpenFile.make(kernel, log)) {
            runLine(subject, line, place, environment, new File("/proc/self/fd/" + file.number()));
        } catch (KernelException e) {
            throw new JboxException(new Problem(subject + ": " + log + ": " + e.words(), place, null));
        }
    }

    private void runLine(String subject, String line, Place place, List<String> environment, File output) {
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-c", begun == null ? line : WAITS + line);
        Map<String, String> variables = builder.environment();
        variables.clear();
        for (String variable : environment) {
            int equals = variable.indexOf('=');
            variables.put(variable.substring(0, equals), variable.substring(equals + 1));
        }
        if (begun == null) {
            builder.redirectInput(new File("/dev/null"));
        }
        builder.directory(new File("/"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output));
        String hint = "its output is in " + log;
        try {
            Process process = builder.start();
            if (begun != null) {
                begun.accept(new Pid((int) process.pid()));
                letGo(process);
            }
            boolean ended;
            try {
                ended = process.waitFor(timeout, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                ProcessTree.terminate(process);
                Thread.currentThread().interrupt();
                throw new JboxException(new Problem(subject + ": interrupted", place, null));
            }
            if (!ended) {
                ProcessTree.kill(process);
                throw new JboxException(
                        new Problem(subject + ": took too long", place, "hook.timeout is " + timeout + " s"));
            }
            int code = process.exitValue();
            if (code != 0) {
                throw new JboxException(
                        new Problem(subject + ": " + WaitStatus.describe(code << 8), place, reason(code) + hint));
            }
        } catch (IOException e) {
            throw new JboxException(new Problem(subject + ": " + SystemError.of(e), place, null));
        }
    }

    private static void letGo(Process process) {
        try (OutputStream input = process.getOutputStream()) {
            input.write('\n');
        } catch (IOException e) {
            // It has already ended, for example because of a syntax error.
            return;
        }
    }

    /** The meaning of a shell's exit codes (sh(1)). */
    private static String reason(int code) {
        return switch (code) {
            case JboxException.NOT_FOUND -> "the shell did not find it, or the interpreter in its first line; ";
            case JboxException.CANNOT_EXECUTE -> "it is not executable (chmod +x); ";
            default -> "";
        };
    }

    /** The same, but reports the process of each program before the program begins. */
    public HostHooks telling(Consumer<Pid> begun) {
        return new HostHooks(kernel, box, timeout, log, begun);
    }
}
