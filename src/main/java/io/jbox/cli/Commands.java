package io.jbox.cli;

import io.jbox.config.Nearest;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds commands by name. Only the requested one is loaded. */
final class Commands {
    private static final String HEAD = """
            usage: jbox COMMAND ...

            starts sandboxes from YAML

            first steps:
              jbox start bbox    starts a busybox system, as root; its root file system is made at first use
              jbox exec bbox     a shell in it; jbox console bbox is its console, which Ctrl-a q leaves
              jbox stop bbox     ends it
              jbox plan bbox     prints all that a start does, call by call
              jbox config keys   says what a configuration can contain

            commands:
            """;

    static final List<String> NAMES = List.of(
            "create",
            "destroy",
            "diff",
            "reset",
            "commit",
            "export",
            "copy",
            "rename",
            "start",
            "stop",
            "restart",
            "kill",
            "freeze",
            "unfreeze",
            "ls",
            "info",
            "pid",
            "top",
            "exec",
            "console",
            "logs",
            "wait",
            "events",
            "autostart",
            "net",
            "run",
            "dev",
            "unshare",
            "nsenter",
            "lsns",
            "ns",
            "netns",
            "plan",
            "compile",
            "config",
            "store",
            "lock",
            "audit",
            "check",
            "completion",
            "help",
            "man",
            "version");

    private Commands() {}

    /** @throws JboxException if there is no such command */
    static Command find(String name) {
        return switch (name) {
            case "create" -> new CreateCommand();
            case "destroy" -> new DestroyCommand();
            case "diff" -> new DiffCommand();
            case "reset" -> new ResetCommand();
            case "commit" -> new CommitCommand();
            case "export" -> new ExportCommand();
            case "copy" -> new CopyCommand();
            case "rename" -> new RenameCommand();
            case "start" -> new StartCommand();
            case "stop" -> new StopCommand();
            case "restart" -> new RestartCommand();
            case "kill" -> new KillCommand();
            case "freeze" -> new FreezeCommand(true);
            case "unfreeze" -> new FreezeCommand(false);
            case "ls" -> new LsCommand();
            case "info" -> new InfoCommand();
            case "pid" -> new PidCommand();
            case "top" -> new TopCommand();
            case "exec" -> new ExecCommand();
            case "console" -> new ConsoleCommand();
            case "logs" -> new LogsCommand();
            case "wait" -> new WaitCommand();
            case "events" -> new EventsCommand();
            case "autostart" -> new AutostartCommand();
            case "reap" -> new ReapCommand();
            case "tidy-up" -> new TidyUpCommand();
            case "net" -> new NetCommand();
            case "store" -> new StoreCommand();
            case "lock" -> new LockCommand();
            case "run" -> new RunCommand();
            case "dev" -> new DevCommand();
            case "unshare" -> new UnshareCommand();
            case "nsenter" -> new NsenterCommand();
            case "lsns" -> new LsnsCommand();
            case "ns" -> new NsCommand();
            case "netns" -> new NetnsCommand();
            case "compile" -> new CompileCommand();
            case "report-output" -> new ReportOutputCommand();
            case "relay" -> new RelayCommand();
            case "plan" -> new PlanCommand();
            case "config" -> new ConfigCommand();
            case "audit" -> new AuditCommand();
            case "check" -> new CheckCommand();
            case "completion" -> new CompletionCommand();
            case "complete" -> new CompleteCommand();
            case "help" -> new HelpCommand();
            case "man" -> new ManCommand();
            case "version" -> new VersionCommand();
            case "warm-up" -> new WarmUpCommand();
            default -> throw unknown(name);
        };
    }

    private static JboxException unknown(String name) {
        String nearest = elsewhere(name);
        if (nearest == null) {
            nearest = Nearest.find(name, NAMES);
        }
        String hint = nearest == null ? "jbox help lists them" : "did you mean \"" + nearest + "\"?";
        return new JboxException(
                List.of(new Problem("unknown command \"" + name + "\"", null, hint)), JboxException.USAGE);
    }

    /** The jbox command for one of LXC, Docker or podman. */
    private static @Nullable String elsewhere(String word) {
        return switch (word) {
            case "attach", "shell", "enter" -> "exec";
            case "list", "ps", "lxc-ls", "images" -> "ls";
            case "rm", "delete", "remove" -> "destroy";
            case "execute" -> "run";
            case "inspect", "show", "status" -> "info";
            case "pause" -> "freeze";
            case "unpause", "resume" -> "unfreeze";
            case "monitor", "watch" -> "events";
            case "checkconfig", "doctor" -> "check";
            case "device" -> "net";
            case "stats" -> "top";
            case "log" -> "logs";
            default -> null;
        };
    }

    /** Options that stand for commands. */
    static String alias(String word) {
        return switch (word) {
            case "-h", "--help" -> "help";
            case "--version" -> "version";
            default -> word;
        };
    }

    /** Returns the text of {@code jbox help}. */
    static String help() {
        StringBuilder out = new StringBuilder(HEAD);
        for (String name : NAMES) {
            out.append("  ").append(name).append(" ".repeat(12 - name.length()));
            out.append(find(name).spec().about()).append('\n');
        }
        return out.append("\n\"jbox help COMMAND\" shows more\n").toString();
    }
}
