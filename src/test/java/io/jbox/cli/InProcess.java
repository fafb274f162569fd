package io.jbox.cli;

import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Runs commands in this JVM, where that makes no difference: they handle no signals and leave no children behind. */
public final class InProcess {
    private static final Set<String> COMMANDS =
            Set.of("config", "freeze", "info", "ls", "pid", "plan", "stop", "unfreeze", "wait");

    private InProcess() {}

    /** Whether a command may run here. */
    public static boolean takes(String... words) {
        return words.length > 0 && COMMANDS.contains(words[0]);
    }

    /** Runs it. */
    public static Result jbox(String... words) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8);
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.put("JBOX_TRACE", "1");
        Surroundings surroundings = new Surroundings(
                new PrintStream(out, false, StandardCharsets.UTF_8),
                errors,
                environment,
                new File("").getAbsolutePath(),
                true,
                new TidyUp(errors));
        int code = Main.run(List.of(words), surroundings);
        surroundings.out().flush();
        errors.flush();
        return new Result(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** What {@link DetachedTidyUp} does; but the tests' own JVM must not be the one that jbox takes. */
    private static final class TidyUp implements Runnable {
        private final PrintStream errors;
        private boolean begun;

        TidyUp(PrintStream errors) {
            this.errors = errors;
        }

        @Override
        public void run() {
            if (begun) {
                return;
            }
            begun = true;
            List<String> detached = new ArrayList<>(List.of("sh", "-c", "\"$@\" </dev/null >/dev/null 2>&1 &", "sh"));
            detached.addAll(TestHost.command("tidy-up"));
            TestHost.run(detached, Map.of());
            errors.println("jbox: cleaning up, in the background, after a jbox that was killed");
        }
    }
}
