package io.jbox.cli;

import io.jbox.json.Json;
import io.jbox.problem.JboxException;
import io.jbox.problem.Printable;
import io.jbox.problem.Problem;
import io.jbox.problem.RawText;
import io.jbox.problem.SystemError;
import io.jbox.terminal.SignalReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The main class of {@code jbox}: runs the command and turns errors into messages and an exit code. */
public final class Main {
    /** The exit code of a program killed by SIGPIPE. */
    private static final int BROKEN_PIPE = 141;

    private Main() {}

    public static void main(String[] words) {
        CheckedOutput output = new CheckedOutput();
        int code;
        try {
            Surroundings surroundings = Surroundings.ofThisProcess(output);
            List<String> all = words(words);
            code = prepared(all, surroundings) ? run(all, surroundings) : JboxException.FAILED;
            surroundings.out().flush();
            code = afterOutput(code, output, words);
        } catch (Throwable e) {
            // Every exception is caught: the JVM would print a stack trace.
            System.err.println("jbox: " + explain(e));
            code = JboxException.FAILED;
        }
        halt(Interruption.code(code));
    }

    /** Lets signals interrupt the command, if it changes anything; returns whether that worked. */
    private static boolean prepared(List<String> words, Surroundings surroundings) {
        try {
            if (!words.isEmpty()) {
                Interruption.prepare(Commands.alias(words.get(0)), new Halting());
            }
            return true;
        } catch (JboxException e) {
            surroundings.err().print(words.contains("--json") ? json(e) : text(e));
            return false;
        }
    }

    private static final class Halting implements Interruption.Halt {
        @Override
        public void with(int code) {
            halt(code);
        }
    }

    /** Exits at once: nothing needs an orderly shutdown, which would take a millisecond. */
    private static void halt(int code) {
        if (SignalReader.isStarted()) {
            try {
                SignalReader.endProcess(code);
            } catch (JboxException e) {
                // Without memory for the call, exit through the JVM.
                Runtime.getRuntime().halt(code);
            }
        }
        Runtime.getRuntime().halt(code);
    }

    /** The words as bytes: the JVM replaces whatever is not UTF-8. */
    private static List<String> words(String[] words) throws IOException {
        boolean lossy = false;
        for (String word : words) {
            lossy |= word.indexOf('\ufffd') >= 0;
        }
        if (!lossy) {
            return Arrays.asList(words);
        }
        List<String> raw = RawText.split(Files.readAllBytes(Path.of("/proc/self/cmdline")));
        return raw.subList(raw.size() - words.length, raw.size());
    }

    /** Output that could not be written is an error, except if the reader closed the pipe. */
    private static int afterOutput(int code, CheckedOutput output, String[] words) {
        IOException failure = output.failure();
        if (failure == null) {
            return code;
        }
        String reason = SystemError.of(failure);
        if (reason.endsWith("(EPIPE)")) {
            return code == 0 ? BROKEN_PIPE : code;
        }
        System.err.println("jbox: standard output: " + reason);
        return code != 0 ? code : Commands.find(Commands.alias(words[0])).spec().exitCode(JboxException.FAILED);
    }

    /** Describes an unexpected error in one line. */
    private static String explain(Throwable e) {
        if (e instanceof OutOfMemoryError) {
            return "out of memory, or no more threads are allowed (" + e.getMessage()
                    + ")\n  hint: ulimit -v, ulimit -u, pids.max";
        }
        if (e instanceof LinkageError || e.getCause() instanceof LinkageError) {
            // A library's message may be a whole stack trace.
            return "jbox's own files are damaged or unreadable: "
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse("")
                    + "\n  hint: reinstall or rebuild it";
        }
        if (e instanceof InvalidPathException path) {
            return "\"" + Printable.of(path.getInput()) + "\" is not UTF-8, as names of files must be"
                    + "\n  hint: make a symbolic link to it";
        }
        return "this is a bug in jbox: " + e + "\n  hint: JBOX_TRACE=1 shows where; please report it";
    }

    /** Runs a command; signals, and the end of the process, are the caller's. */
    static int run(List<String> words, Surroundings surroundings) {
        boolean json = false;
        CommandSpec spec = null;
        try {
            if (words.isEmpty()) {
                surroundings.err().print(Commands.help());
                return JboxException.USAGE;
            }
            String name = Commands.alias(words.get(0));
            Command command = Commands.find(name);
            spec = command.spec();
            Arguments arguments = Arguments.parse(spec, words.subList(1, words.size()));
            json = arguments.has(Option.JSON);
            if (arguments.has(Option.HELP)) {
                surroundings.out().print(spec.help());
                return 0;
            }
            if (arguments.has(Option.VERSION)) {
                return new VersionCommand().run(arguments, surroundings);
            }
            arguments.refuseSurplus();
            new Recovery(surroundings).run(spec, arguments);
            return command.run(arguments, surroundings);
        } catch (JboxException e) {
            surroundings.err().print(json ? json(e) : text(e));
            return spec == null ? e.exitCode() : spec.exitCode(e.exitCode());
        } catch (Error | RuntimeException e) {
            surroundings.err().println("jbox: " + explain(e));
            if (surroundings.environment().containsKey("JBOX_TRACE")) {
                e.printStackTrace(surroundings.err());
            }
            return JboxException.FAILED;
        }
    }

    private static String text(JboxException e) {
        StringBuilder out = new StringBuilder();
        for (Problem problem : e.problems()) {
            out.append("jbox: ").append(problem.render());
        }
        return out.toString();
    }

    private static String json(JboxException e) {
        List<Object> errors = new ArrayList<>();
        for (Problem problem : e.problems()) {
            Map<String, Object> error = new LinkedHashMap<>();
            error.put("message", problem.message());
            boolean placed = problem.place() != null && !problem.place().isDefault();
            error.put("place", placed ? String.valueOf(problem.place()) : null);
            error.put("hint", problem.hint());
            errors.add(error);
        }
        return Json.write(Map.of("errors", errors)) + "\n";
    }
}
