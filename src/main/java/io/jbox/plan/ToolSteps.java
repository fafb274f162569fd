package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.facts.Caller;
import io.jbox.facts.Environment;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.RawText;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Branch;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Fail;
import io.jbox.program.Memory;
import io.jbox.program.Phase;
import io.jbox.program.Plan;
import io.jbox.program.Sign;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Flag;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Steps shared by the namespace tools. The JVM becomes a program of system calls of a few pages: the same pid, parent,
 * terminal, working folder and open files, and a single thread, as unshare(2) and setns(2) require.
 */
final class ToolSteps {
    /** The exit code of unshare and nsenter when they fail themselves. */
    static final int FAILED = 1;

    static final Arg SIGNAL_SET = number(8);

    private static final int LAST_SIGNAL = 64;
    private static final int LAST_CAPABILITY = 40;
    /** Roughly what the kernel accepts at most for one environment and all arguments. */
    private static final int SHOWN_ARGUMENTS = 64 * 1024;
    /** confstr(_CS_PATH), which glibc uses without a PATH. */
    private static final String DEFAULT_PATH = "/bin:/usr/bin";

    static final String SHELL = "/bin/sh";
    /** The errors after which execvp(3) tries the next folder of PATH. */
    private static final List<Arg> GO_ON = List.of(
            new Arg.Named("-ENOENT", -2),
            new Arg.Named("-ENOTDIR", -20),
            new Arg.Named("-ESTALE", -116),
            new Arg.Named("-ENODEV", -19),
            new Arg.Named("-ETIMEDOUT", -110));

    private static final Arg UNKNOWN_FORMAT = new Arg.Named("-ENOEXEC", -8);
    static final Arg.Cell RESULT = new Arg.Cell("result", 8);
    static final Arg.Cell REASON = new Arg.Cell("reason", 8);

    private final String tool;
    private final Caller caller;

    /** @param tool its name, for errors and for ps */
    ToolSteps(String tool, Caller caller) {
        this.tool = tool;
        this.caller = caller;
    }

    /**
     * Turns the JVM into the tool.
     *
     * @param arguments as ps shows them
     * @param given descriptors that it has opened and the tool receives
     */
    void become(Plan.Draft plan, List<String> arguments, List<Descriptor> given) {
        plan.at(Phase.ASSEMBLE).add(ProcessSteps.assemble("tool", Actor.TOOL, Descriptors.IMAGE));
        Step.Draft step = Step.by(Actor.JBOX, "become a program of system calls", Place.DEFAULT);
        for (Descriptor descriptor : given) {
            step.call(FCNTL, fd(descriptor), flags(F_SETFD), number(0));
        }
        List<String> shown = new ArrayList<>();
        int bytes = 0;
        for (String argument : arguments) {
            bytes += RawText.encode(argument).length + 2 * Long.BYTES;
            if (bytes > SHOWN_ARGUMENTS) {
                break;
            }
            shown.add(argument);
        }
        plan.at(Phase.BECOME)
                .add(step.call(
                                EXECVEAT,
                                fd(Descriptors.IMAGE),
                                text(""),
                                new DataArg.Texts(shown),
                                new DataArg.Texts(List.of()),
                                flags(AT_EMPTY_PATH))
                        .hint(EXECVEAT, Errno.EACCES, "sysctl vm.memfd_noexec=2 forbids programs in memory")
                        .build());
    }

    /**
     * The tool's first step: restores what the caller had.
     *
     * @param kept descriptors that stay open until the program is executed
     */
    Step begin(List<Descriptor> kept) {
        Step.Draft step = Step.by(Actor.TOOL, "restore the caller's state", Place.DEFAULT)
                .tolerate(PRCTL, flags(PR_SET_NAME), text(tool));
        for (int signal = 1; signal <= LAST_SIGNAL; signal++) {
            if (caller.ignores(signal)) {
                step.add(ignore(signal));
            }
        }
        step.add(restoreSignals());
        if (caller.folder() >= 0) {
            step.tolerate(FCHDIR, number(caller.folder()));
        }
        List<Integer> callers = caller.descriptors();
        if (callers != null) {
            List<Descriptor> open = new ArrayList<>(kept);
            for (int descriptor : callers) {
                open.add(Descriptors.callers(descriptor));
            }
            step.tolerate(CLOSE_RANGE, new Arg.AllBut(0, open), number(-1), number(0));
        }
        for (Descriptor descriptor : kept) {
            step.tolerate(FCNTL, fd(descriptor), flags(F_SETFD), flags(FD_CLOEXEC));
        }
        return step.build();
    }

    static Step.Draft step(String subject) {
        return Step.by(Actor.TOOL, subject, Place.DEFAULT);
    }

    /** Ignores a signal and discards a pending one. */
    static Call ignore(int signal) {
        return Call.may(RT_SIGACTION, number(signal), action(SIG_IGN), Arg.nothing(), SIGNAL_SET);
    }

    /** struct sigaction, without flags and mask. */
    static Arg action(Flag handler) {
        return struct(Arg.Field.of("handler", flags(handler)), Arg.Field.zero(24));
    }

    /** Restores the caller's signal mask. */
    Call restoreSignals() {
        Arg mask = struct(Arg.Field.of("mask", new Arg.Named("the caller's", caller.blockedSignals())));
        return Call.may(RT_SIGPROCMASK, flags(SIG_SETMASK), mask, Arg.nothing(), SIGNAL_SET);
    }

    /** A step that writes a text to a file; the caller may add hints. */
    static Step.Draft write(String path, String content) {
        Descriptor file = new Descriptor("file");
        int length = RawText.encode(content).length;
        return step("write \"" + content.strip() + "\" to " + path)
                .open(file, OPENAT, Arg.cwd(), text(path), flags(O_WRONLY, O_CLOEXEC))
                .call(WRITE, fd(file), text(content), number(length));
    }

    /**
     * Changes the user and group.
     *
     * @param groups whether to drop all supplementary groups
     */
    static void credentials(List<Step> steps, @Nullable Long uid, @Nullable Long gid, boolean groups) {
        String unmapped = "the id is not mapped in the user namespace";
        if (gid != null && groups) {
            steps.add(step("setgroups")
                    .call(SETGROUPS, number(0), Arg.nothing())
                    .hint(
                            SETGROUPS,
                            Errno.EPERM,
                            "it is denied in user namespaces where an unprivileged user has mapped the group")
                    .build());
        }
        if (gid != null) {
            steps.add(step("setgid " + gid)
                    .call(SETGID, number(gid))
                    .hint(SETGID, Errno.EINVAL, unmapped)
                    .build());
        }
        if (uid != null) {
            steps.add(step("setuid " + uid)
                    .call(SETUID, number(uid))
                    .hint(SETUID, Errno.EINVAL, unmapped)
                    .build());
        }
    }

    /** Makes all permitted capabilities inheritable and ambient (capabilities(7)). */
    static Step keepCapabilities() {
        Arg header = struct(new Arg.Field("version", 4, flags(_LINUX_CAPABILITY_VERSION_3)), Arg.Field.zero(4));
        // The effective, permitted and inheritable sets, 32 bits each, twice.
        Arg.Cell sets = new Arg.Cell("capabilities", 24);
        Step.Draft step = step("keep the capabilities")
                .call(CAPGET, header, sets)
                .add(
                        Memory.copy(new Arg.Part(sets, 8), new Arg.Part(sets, 4), Integer.BYTES),
                        Memory.copy(new Arg.Part(sets, 20), new Arg.Part(sets, 16), Integer.BYTES))
                .call(CAPSET, header, sets);
        for (int capability = 0; capability <= LAST_CAPABILITY; capability++) {
            step.tolerate(
                    PRCTL,
                    flags(PR_CAP_AMBIENT),
                    flags(PR_CAP_AMBIENT_RAISE),
                    number(capability),
                    number(0),
                    number(0));
        }
        return step.build();
    }

    /** The same with a shell's exit codes. */
    static Step execute(List<String> words, List<String> environment) {
        return execute(words, environment, JboxException.CANNOT_EXECUTE);
    }

    /**
     * Executes a program as execvp(3) does: tries every folder of PATH with the root and user that the process has by
     * then. If a file exists and cannot be executed, the error is reported in the end; a file in an unknown format is
     * run by the shell.
     *
     * @param words empty for the caller's shell
     * @param code if there is no such program, or it cannot be executed
     */
    static Step execute(List<String> words, List<String> environment, int code) {
        if (words.isEmpty()) {
            String set = Environment.find(environment, "SHELL");
            String shell = set == null || set.isEmpty() ? SHELL : set;
            // A leading minus means a login shell, as in the originals.
            String zero = "-" + shell.substring(shell.lastIndexOf('/') + 1);
            return execute(shell, List.of(shell), List.of(zero), environment, code);
        }
        String name = words.get(0);
        List<String> candidates = new ArrayList<>();
        if (name.isEmpty() || name.indexOf('/') >= 0) {
            candidates.add(name);
        } else {
            String path = Environment.find(environment, "PATH");
            for (String folder : (path == null ? DEFAULT_PATH : path).split(":", -1)) {
                candidates.add((folder.isEmpty() ? "." : folder) + "/" + name);
            }
        }
        return execute(name, candidates, words, environment, code);
    }

    private static Step execute(
            String name, List<String> candidates, List<String> words, List<String> environment, int code) {
        DataArg.Texts arguments = new DataArg.Texts(words);
        DataArg.Texts variables = new DataArg.Texts(environment, "<" + environment.size() + " variables>");
        Step.Draft step = step("execute \"" + name + "\"").code(code).add(noReason());
        for (String candidate : candidates) {
            Call script = Call.may(EXECVE, text(SHELL), new DataArg.Script(SHELL, candidate, arguments), variables);
            step.add(
                    Call.may(EXECVE, text(candidate), arguments, variables).into(RESULT),
                    ifUnknownFormat(script.into(RESULT)),
                    remember());
        }
        return step.add(new Fail(Fail.Reason.NOT_EXECUTED, REASON)).build();
    }

    /** So far there is no such program. */
    static Memory noReason() {
        return Memory.add(REASON, GO_ON.get(0));
    }

    static Branch ifUnknownFormat(Statement... then) {
        return Branch.when(Memory.compare(RESULT, UNKNOWN_FORMAT, Integer.BYTES), Sign.ZERO, then);
    }

    static Branch remember() {
        return remember(0);
    }

    /** Remembers the result unless it means that the next folder is tried. */
    private static Branch remember(int from) {
        Memory isOther = Memory.compare(RESULT, GO_ON.get(from), Integer.BYTES);
        return from == GO_ON.size() - 1
                ? Branch.when(isOther, Sign.POSITIVE, Memory.copy(REASON, RESULT, Integer.BYTES))
                : Branch.when(isOther, Sign.POSITIVE, remember(from + 1));
    }

    static Call print(String content) {
        return Call.may(WRITE, number(1), text(content), number(RawText.encode(content).length));
    }

    static Call exit(int code) {
        return Call.may(EXIT_GROUP, number(code));
    }
}
