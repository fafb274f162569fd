package io.jbox.life;

import io.jbox.cgroup.BoxCgroup;
import io.jbox.config.Limit;
import io.jbox.config.Namespace;
import io.jbox.facts.Environment;
import io.jbox.facts.HostFacts;
import io.jbox.facts.IdMap;
import io.jbox.facts.Join;
import io.jbox.facts.KnownBox;
import io.jbox.facts.KnownTerminal;
import io.jbox.facts.Label;
import io.jbox.facts.Launch;
import io.jbox.host.HostFactsReader;
import io.jbox.host.ProcessIds;
import io.jbox.host.ProcessWatch;
import io.jbox.host.ResourceLimits;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.PathCalls;
import io.jbox.launch.BoxProcess;
import io.jbox.launch.Launcher;
import io.jbox.plan.JoinPlanner;
import io.jbox.problem.JboxException;
import io.jbox.problem.RawText;
import io.jbox.problem.SystemError;
import io.jbox.program.DataArg;
import io.jbox.program.Plan;
import io.jbox.request.ExecRequest;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxSpec;
import io.jbox.state.BoxState;
import io.jbox.state.StateFolder;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Flag;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Starts commands in running boxes. */
public final class Executor {
    /** The prefix that bin/jbox gives to the names of caller variables that it changes. */
    private static final String KEPT = "JBOX_";

    private static final String LOCALE = "LC_ALL=";
    private static final String OF_JVM = "_JAVA_SR_SIGNUM=";

    private static final int TTY_GROUP = 5;

    private final BoxRegistry registry;
    private final Kernel kernel;
    private final StateFolder folder;
    private final Settler settler;

    public Executor(BoxRegistry registry) {
        this.registry = registry;
        this.kernel = registry.kernel();
        this.folder = registry.state();
        this.settler = registry.settler();
    }

    /**
     * Returns when the command runs; it dies with the calling thread.
     *
     * @throws JboxException if the box does not run or is frozen, or the command cannot be executed
     */
    public BoxProcess start(String box, ExecRequest request) {
        BoxRecord record = running(box);
        try (ProcessWatch init = ProcessWatch.find(kernel, record.init())) {
            if (init == null) {
                throw registry.isNotRunning(box);
            }
            try (Fd root = openRoot(record, init)) {
                BoxUsers.Login login = new BoxUsers(kernel, root).find(box, request.user());
                Entrance entrance = new Entrance(registry, record, init.pidfd(), root, terminal(record, login));
                return new Launcher(kernel).join(plan(record, request, login), entrance);
            } catch (JboxException e) {
                // The box's cgroup and files disappear after its init, so the original error would mislead.
                throw init.await(0) ? BoxRegistry.ended(box) : e;
            }
        }
    }

    /**
     * Plans a command without running it.
     *
     * @throws JboxException if the box does not run, or there is no such user
     */
    public Plan plan(String box, ExecRequest request) {
        BoxRecord record = running(box);
        try (ProcessWatch init = ProcessWatch.find(kernel, record.init())) {
            if (init == null) {
                throw registry.isNotRunning(box);
            }
            try (Fd root = openRoot(record, init)) {
                return plan(record, request, new BoxUsers(kernel, root).find(box, request.user()));
            }
        }
    }

    /** What a compiled program needs to know to run commands in a running box. */
    record Known(Join join, HostFacts facts, KnownBox box, KnownTerminal terminal) {}

    /**
     * Reads what a program for commands with these streams needs to know.
     *
     * @throws JboxException if the box does not run
     */
    Known known(OptionWords words, List<Launch.Stream> streams) {
        String box = words.box();
        BoxRecord record = running(box);
        try (ProcessWatch init = ProcessWatch.find(kernel, record.init())) {
            if (init == null) {
                throw registry.isNotRunning(box);
            }
            try (Fd root = openRoot(record, init)) {
                BoxUsers users = new BoxUsers(kernel, root);
                ExecRequest request = ExecRequest.of(List.of())
                        .streams(streams)
                        .user(words.user())
                        .cwd(words.folder())
                        .environment(words.environment())
                        .build();
                Map<String, byte[]> files = new LinkedHashMap<>();
                List<String> missing = new ArrayList<>();
                for (String path : BoxUsers.FILES) {
                    byte[] content = users.content(path);
                    if (content == null) {
                        missing.add(path);
                    } else {
                        files.put(path, content);
                    }
                }
                BoxUsers.Login login = users.find(box, words.user());
                Join join = join(record, request, login).ofAnyCommand(words.variables());
                HostFacts facts = new HostFactsReader("", List.of()).readProcess();
                return new Known(join, facts, new KnownBox(folder.of(box), files, missing), terminal(record, login));
            }
        }
    }

    private static KnownTerminal terminal(BoxRecord record, BoxUsers.Login login) {
        IdMap ids = ids(record);
        return new KnownTerminal(ids.hostUid(login.uid()), ids.hostGid(TTY_GROUP));
    }

    /** The box's own ids, which may consist of several ranges. */
    private static IdMap ids(BoxRecord record) {
        return record.init() == null
                ? new IdMap(List.of())
                : ProcessIds.of(record.init().pid().number());
    }

    private Plan plan(BoxRecord record, ExecRequest request, BoxUsers.Login login) {
        return new JoinPlanner(join(record, request, login), new HostFactsReader("", List.of()).readProcess()).plan();
    }

    private BoxRecord running(String box) {
        Settler.Truth truth = registry.settle(box);
        BoxRecord record = truth.record();
        if (record == null || record.init() == null || truth.state() == BoxState.STOPPED) {
            throw registry.isNotRunning(box);
        }
        if (truth.state() == BoxState.FROZEN || truth.state() == BoxState.FREEZING) {
            throw new JboxException(box + ": is frozen", "jbox unfreeze " + box);
        }
        if (truth.state() == BoxState.STARTING || truth.state() == BoxState.ABORTING) {
            throw new JboxException(box + ": is " + truth.state());
        }
        return record;
    }

    /** Opens the box's root as init sees it. It is surely init's: the pidfd was opened before, and init still lives. */
    private Fd openRoot(BoxRecord record, ProcessWatch init) {
        int pid = record.init() == null ? 0 : record.init().pid().number();
        long flags = Constants.O_PATH | Flag.O_DIRECTORY.value(kernel.processor());
        Fd root = PathCalls.find(kernel, "/proc/" + pid + "/root", flags);
        if (root == null) {
            throw registry.isNotRunning(record.spec().name());
        }
        if (init.await(0)) {
            root.close();
            throw registry.isNotRunning(record.spec().name());
        }
        return root;
    }

    private Join join(BoxRecord record, ExecRequest request, BoxUsers.Login login) {
        BoxSpec spec = record.spec();
        List<String> names = request.namespaces() == null ? spec.isolation().namespaces() : request.namespaces();
        List<Flag> flags = new ArrayList<>();
        for (Namespace namespace : Namespace.values()) {
            if (!names.contains(namespace.label())) {
                continue;
            }
            if (!spec.isolation().namespaces().contains(namespace.label())) {
                throw new JboxException(
                        spec.name() + ": has no " + namespace.label() + " namespace of its own",
                        "it has " + String.join(", ", spec.isolation().namespaces()));
            }
            flags.add(namespace.flag());
        }
        BoxCgroup cgroup = new BoxCgroup(spec.isolation().cgroups());
        boolean ownFiles = names.contains(Namespace.MNT.label());
        List<String> command = request.command().isEmpty() ? List.of(login.shell()) : request.command();
        String home = ownFiles ? login.home() : "/";
        return new Join(
                spec.name(),
                new Join.Limits(limits(spec), ResourceLimits.read(kernel)),
                new Join.Cgroups(cgroup.tasks(), cgroup.unified()),
                flags,
                new Join.Confinement(
                        spec.confinement().capabilities(),
                        !request.privileged(),
                        spec.confinement().noNewPrivs(),
                        spec.confinement().filtered()
                                ? new DataArg.Filter("the box's own", folder.readFilter(spec.name()))
                                : null,
                        labels(spec)),
                new Join.User(
                        login.uid(),
                        login.gid(),
                        ids(record).hostUid(login.uid()),
                        mayNotSetGroups(record) ? null : login.groups()),
                new Join.Command(
                        command,
                        environment(request, login, spec),
                        request.cwd() == null ? home : request.cwd(),
                        request.cwd() == null),
                request.streams());
    }

    private static Map<String, Limit> limits(BoxSpec spec) {
        Map<String, Limit> limits = new LinkedHashMap<>();
        for (Map.Entry<String, List<Long>> entry : spec.confinement().limits().entrySet()) {
            limits.put(
                    entry.getKey(),
                    new Limit(entry.getValue().get(0), entry.getValue().get(1)));
        }
        return limits;
    }

    private static List<Label> labels(BoxSpec spec) {
        List<Label> labels = new ArrayList<>();
        for (String kept : spec.confinement().labels()) {
            Label label = Label.parse(kept);
            if (label != null) {
                labels.add(label);
            }
        }
        return labels;
    }

    /**
     * Whether the box's user namespace denies setgroups(2) (user_namespaces(7)); only the kernel writes this file's
     * text.
     */
    private static boolean mayNotSetGroups(BoxRecord record) {
        try {
            int init = record.init() == null ? 0 : record.init().pid().number();
            return Files.readString(Path.of("/proc/" + init + "/setgroups")).startsWith("deny");
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * The caller's environment as raw bytes and without the launcher's changes: Java would replace bytes that are not
     * UTF-8.
     */
    private static List<String> callersEnvironment() {
        List<String> all = new ArrayList<>();
        try {
            for (String variable : RawText.split(Files.readAllBytes(Path.of("/proc/self/environ")))) {
                if (variable.startsWith(KEPT + LOCALE)) {
                    all.add(variable.substring(KEPT.length()));
                } else if (!variable.startsWith(LOCALE) && !variable.startsWith(OF_JVM)) {
                    all.add(variable);
                }
            }
            return all;
        } catch (IOException e) {
            throw new JboxException("/proc/self/environ: " + SystemError.of(e));
        }
    }

    private static List<String> environment(ExecRequest request, BoxUsers.Login login, BoxSpec spec) {
        List<String> all = new ArrayList<>();
        if (request.keepEnvironment()) {
            all.addAll(callersEnvironment());
        }
        all.add(Environment.PATH);
        all.add("container=jbox");
        all.add("HOME=" + login.home());
        all.add("USER=" + login.name());
        String term = System.getenv("TERM");
        if (request.streams().contains(Launch.Stream.CONSOLE)) {
            all.add("TERM=" + (term == null || term.isEmpty() ? "linux" : term));
        }
        all.addAll(spec.environment());
        all.addAll(request.environment());
        return Environment.lastOfEachName(all);
    }
}
