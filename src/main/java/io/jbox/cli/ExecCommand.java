package io.jbox.cli;

import io.jbox.Box;
import io.jbox.config.WaitStatus;
import io.jbox.facts.Launch;
import io.jbox.launch.BoxProcess;
import io.jbox.request.ExecRequest;
import io.jbox.terminal.Foreground;
import io.jbox.terminal.StandardStreams;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code jbox exec NAME -- CMD…}: runs a command in a running box. */
final class ExecCommand implements Command {
    private static final Option NO_TTY = new Option('T', "no-tty", null, "give it none");
    private static final Option USER =
            new Option('u', "user", "USER[:GROUP]", "the user, by a name in the box or by number");
    private static final Option NAMESPACES =
            new Option('\0', "ns", "LIST", "join only these: mnt,pid,uts,ipc,net,cgroup,user");
    private static final Option CLEAR_ENV =
            new Option('\0', "clear-env", null, "pass nothing of this environment on; this is the default");
    private static final Option KEEP_ENV = new Option('\0', "keep-env", null, "pass this environment on");
    private static final Option PRIVILEGED =
            new Option('\0', "privileged", null, "let the command keep jbox's capabilities");

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "exec",
                "NAME [-- CMD...]",
                "runs a command in a running box",
                "Without a command, runs the user's login shell. The command has the rights of the box's own programs, and no\n"
                        + "more. Where its streams are terminals it gets one of its own. The exit code is the command's (128 + N for\n"
                        + "signal N), even while children of it continue in the background.\n",
                List.of(
                        Option.TTY,
                        NO_TTY,
                        Option.ENV,
                        USER,
                        Option.WORKDIR,
                        NAMESPACES,
                        CLEAR_ENV,
                        KEEP_ENV,
                        PRIVILEGED,
                        Option.PATH,
                        Option.JSON),
                true);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        for (String variable : arguments.values(Option.ENV)) {
            if (variable.indexOf('=') <= 0) {
                throw arguments.usage("-e \"" + variable + "\": expected NAME=VALUE");
            }
        }
        String cwd = arguments.value(Option.WORKDIR);
        if (cwd != null && !cwd.startsWith("/")) {
            throw arguments.usage("-w \"" + cwd + "\": expected an absolute path of the box");
        }
        if (arguments.operands().size() != 1) {
            throw arguments.usage("expected one box, then -- and a command");
        }
        List<String> rest = arguments.rest() == null ? List.of() : arguments.rest();
        ExecRequest request = ExecRequest.of(rest)
                .streams(streams(arguments, arguments.has(NO_TTY)))
                .user(arguments.value(USER))
                .cwd(cwd)
                .environment(arguments.values(Option.ENV))
                .keepEnvironment(arguments.has(KEEP_ENV))
                .namespaces(namespaces(arguments))
                .privileged(arguments.has(PRIVILEGED))
                .build();
        Box box = surroundings.jbox(arguments).box(arguments.operands().get(0));
        int status = new Foreground(request.streams(), true).run(new Exec(box, request));
        if (!rest.isEmpty()) {
            surroundings.compileLater(box.name(), "exec", request.streams(), arguments);
        }
        return WaitStatus.exitCode(status);
    }

    private record Exec(Box box, ExecRequest request) implements Foreground.Start {
        @Override
        public BoxProcess start() {
            return box.exec(request).process();
        }
    }

    /** @param withoutTty whether the command gets no terminal where the caller has one */
    static List<Launch.Stream> streams(Arguments arguments, boolean withoutTty) {
        List<Launch.Stream> streams = new ArrayList<>();
        for (Launch.Stream stream : StandardStreams.ofCaller(arguments.has(Option.TTY))) {
            boolean carried = stream == Launch.Stream.NULL || stream == Launch.Stream.CONSOLE && withoutTty;
            streams.add(carried ? Launch.Stream.PIPE : stream);
        }
        return streams;
    }

    private static @Nullable List<String> namespaces(Arguments arguments) {
        String text = arguments.value(NAMESPACES);
        if (text == null) {
            return null;
        }
        List<String> known = List.of("mnt", "pid", "uts", "ipc", "net", "cgroup", "user");
        List<String> names = new ArrayList<>();
        for (String word : text.split(",", -1)) {
            String name = word.equals("mount") ? "mnt" : word.equals("network") ? "net" : word;
            if (!known.contains(name)) {
                throw arguments.usage("--ns \"" + word + "\": expected some of " + String.join(",", known));
            }
            names.add(name);
        }
        return names;
    }
}
