package io.jbox;

import io.jbox.audit.Finding;
import io.jbox.bridge.Networks;
import io.jbox.config.BoxName;
import io.jbox.config.Config;
import io.jbox.host.BoxLog;
import io.jbox.host.BoxTrees;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.life.BoxAudit;
import io.jbox.life.BoxCompiler;
import io.jbox.life.BoxEvents;
import io.jbox.life.BoxInfo;
import io.jbox.life.BoxInfoReader;
import io.jbox.life.BoxNetwork;
import io.jbox.life.BoxRegistry;
import io.jbox.life.CommandThread;
import io.jbox.life.ConsoleAttachment;
import io.jbox.life.Copier;
import io.jbox.life.Creator;
import io.jbox.life.EndWatcher;
import io.jbox.life.KnownTrees;
import io.jbox.life.MonitorChildren;
import io.jbox.life.Renamer;
import io.jbox.life.Runner;
import io.jbox.life.StandaloneCompiler;
import io.jbox.life.Starter;
import io.jbox.life.TidyUp;
import io.jbox.nic.NetworkMap;
import io.jbox.problem.JboxException;
import io.jbox.program.Plan;
import io.jbox.request.CopyRequest;
import io.jbox.request.CreateRequest;
import io.jbox.request.LaunchObserver;
import io.jbox.request.Notices;
import io.jbox.request.RunRequest;
import io.jbox.request.Settings;
import io.jbox.request.StartRequest;
import io.jbox.state.BoxRecord;
import io.jbox.state.PendingWork;
import io.jbox.state.ProcessId;
import io.jbox.state.ProgramFolder;
import io.jbox.state.StateFolder;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The boxes of this host.
 *
 * <p>Several threads may share an instance, and several processes may work on the same boxes: the box's lock protects
 * each operation. Between calls nothing runs, except one daemon thread after a call of {@link Box#ended}.
 */
public final class Jbox implements AutoCloseable {
    private final BoxRegistry registry;
    private final Kernel kernel;
    private final StateFolder state;
    private final Starter starter;
    private final MonitorChildren monitors;

    private Function<Config, LaunchObserver> logs = config -> LaunchObserver.NONE;
    private @Nullable EndWatcher endWatcher;

    public Jbox(Settings settings) {
        this(Notices.NONE, settings);
    }

    /** @param notices receives warnings and other remarks */
    public Jbox(Notices notices, Settings settings) {
        this(notices, settings, null);
    }

    /**
     * An instance that only reads: it does not clean up after dead processes, and does not wait for a cleanup.
     *
     * @param owed run when a look at a box finds leftovers of dead processes; null if they are of no interest
     */
    public Jbox(Notices notices, Settings settings, @Nullable Runnable owed) {
        this.kernel = NativeKernel.open();
        this.registry = new BoxRegistry(kernel, notices, settings, owed);
        this.state = registry.state();
        this.starter = new Starter(registry);
        this.monitors = new MonitorChildren(kernel, state);
    }

    /**
     * Makes starts without an observer write the log that their configuration asks for.
     *
     * @param observers returns the observer for a start with this configuration
     */
    public Jbox withLogs(Function<Config, LaunchObserver> observers) {
        logs = observers;
        return this;
    }

    synchronized EndWatcher endWatcher() {
        if (endWatcher == null) {
            endWatcher = new EndWatcher(registry, monitors::bury);
        }
        return endWatcher;
    }

    /**
     * The box of a name.
     *
     * @param nameOrFile its name, or the path of its configuration, which ends in .yaml
     * @throws JboxException if nothing can be called that
     */
    public Box box(String nameOrFile) {
        String name = registry.nameOf(nameOrFile);
        BoxName.check(name);
        registry.requireOurs(name);
        return new Box(this, name, nameOrFile);
    }

    /** Plans what {@link #start} does, step by step. Needs no privilege. */
    public Plan plan(Config config) {
        return starter.plan(config);
    }

    /** Plans what {@link #run} does, step by step. Needs no privilege. */
    public Plan plan(RunRequest request) {
        return Runner.plan(registry, request);
    }

    /** Goes through the parts of {@link #run} that do not need the host, to load their classes. */
    public void rehearse(RunRequest request) {
        Runner.rehearse(registry, request);
    }

    /** Finds what a box could do to the host, each with the line of its configuration that permits it. */
    public List<Finding> audit(Config config) {
        return new BoxAudit(registry).findings(config);
    }

    /** Starts a box, and returns when it runs. */
    public Box start(StartRequest request) {
        Config config = registry.loadToStart(request.config(), request.overrides());
        return start(
                config, request.observer() == LaunchObserver.NONE ? request.observedBy(logs.apply(config)) : request);
    }

    /**
     * Starts a box whose configuration has been read.
     *
     * @param config the configuration that the request names
     */
    public Box start(Config config, StartRequest request) {
        ProcessId monitor;
        try (PendingWork pending = registry.begin(config.name().get())) {
            monitor = starter.start(config, request).record().monitor();
        }
        if (monitor != null) {
            monitors.add(monitor, config.name().get());
        }
        monitors.bury();
        return box(config.name().get());
    }

    /**
     * Starts a box that dies with this process, and attaches to its console before it can print anything.
     *
     * @return null if the box has no console
     */
    public @Nullable ConsoleAttachment startForeground(Config config, StartRequest request) {
        return starter.foreground(config, request);
    }

    /**
     * The changes of state from now on, of one box or of all (null), including boxes made later. The caller closes it.
     */
    public BoxEvents events(@Nullable String box) {
        return new BoxEvents(kernel, state, registry.settler(), box == null ? null : BoxName.check(box), true);
    }

    /** The changes of one box's state, without polling in between. */
    BoxEvents changes(String box) {
        return new BoxEvents(kernel, state, registry.settler(), box, false);
    }

    /**
     * Returns the compiler of boxes to programs that need no JVM.
     *
     * @param cache the folder that only root can write to: {@code /var/cache/jbox}
     * @param launcher absolute path of the jbox whose commands are compiled
     */
    public BoxCompiler compiler(String cache, String launcher) {
        return new BoxCompiler(registry, new ProgramFolder(kernel, cache, launcher), launcher);
    }

    /** Returns the compiler of boxes to files that need neither jbox nor a JVM. */
    public StandaloneCompiler standaloneCompiler() {
        return new StandaloneCompiler(registry);
    }

    /**
     * Runs a program in a box of its own, which is removed at its end.
     *
     * @return the runner, which the caller must start and close
     */
    public Runner run(RunRequest request) {
        return new Runner(registry, request);
    }

    /**
     * The same as a command: it is running when this returns, does not depend on the calling thread, and closing it
     * removes the box.
     */
    public BoxCommand command(RunRequest request) {
        Runner runner = run(request);
        try {
            return new BoxCommand(kernel, CommandThread.start(runner::start), request.streams(), runner::close);
        } catch (RuntimeException | Error e) {
            runner.close();
            throw e;
        }
    }

    /** Makes a box's definition and its root file system. */
    public Box create(CreateRequest request) {
        BoxName.check(request.name());
        try (PendingWork pending = registry.begin(request.name())) {
            new Creator(registry).create(request);
            return box(request.name());
        }
    }

    /** Defines a box like another one. */
    public Box copy(CopyRequest request) {
        BoxName.check(request.of());
        BoxName.check(request.name());
        try (PendingWork pending = registry.begin(request.name())) {
            new Copier(registry).copy(request);
            return box(request.name());
        }
    }

    /** Gives a box another name. */
    public Box rename(String name, String another) {
        BoxName.check(name);
        BoxName.check(another);
        new Renamer(registry).rename(name, another);
        return box(another);
    }

    /** Shows how the host and the running boxes are connected. */
    public NetworkMap networkMap() {
        return BoxNetwork.map(registry);
    }

    /** jbox's own bridges, and the addresses of boxes. */
    public Networks networks() {
        return registry.networks();
    }

    /** Returns the registry of boxes. */
    BoxRegistry registry() {
        return registry;
    }

    /** The same for the folder of boxes that a box was started with. */
    Jbox of(BoxRecord record) {
        return registry.isOurs(record)
                ? this
                : new Jbox(
                                registry.notices(),
                                registry.settings().in(record.spec().origin().boxes()))
                        .withLogs(logs);
    }

    /** The trees of all boxes, looked up when they are asked for. */
    public BoxTrees boxTrees() {
        return new KnownTrees(registry);
    }

    /** The names of all boxes that are defined or run, sorted. */
    public List<String> names() {
        return registry.names();
    }

    /** The names of all boxes that have a definition in the folder of boxes, sorted. */
    public List<String> defined() {
        return registry.defined();
    }

    /**
     * The configuration file that a name means.
     *
     * @throws JboxException that lists where it looked
     */
    public String find(String name) {
        return registry.find(name);
    }

    /** Reads a configuration. */
    public Config load(String file, List<String> overrides) {
        return registry.load(file, overrides);
    }

    /**
     * Everything known about boxes.
     *
     * @param withConfig whether their definitions are read
     */
    public List<BoxInfo> infos(List<String> names, boolean withConfig) {
        return new BoxInfoReader(registry).readAll(names, withConfig);
    }

    /** Returns access to the unfinished work of dead processes. */
    public TidyUp tidyUp() {
        return new TidyUp(registry);
    }

    /**
     * Does what a monitor leaves to the reaper: hooks, cgroups, pins, a restart.
     *
     * @param id of the start that the monitor belonged to; other starts are left alone
     */
    public void reap(String box, String id) {
        tidyUp().reap(box, id, this::startAgain);
    }

    private void startAgain(BoxRecord record) {
        try {
            of(record).start(StartRequest.again(record.spec()).byReboot(record.nextReboots()));
        } catch (JboxException e) {
            BoxLog.append(state.of(record.spec().name()) + "/log", e);
            throw e;
        }
    }

    @Override
    public void close() {
        EndWatcher watcher;
        synchronized (this) {
            watcher = endWatcher;
            endWatcher = null;
        }
        // Closed outside of the lock, since a callback may call this object.
        if (watcher != null) {
            watcher.close();
        }
        monitors.buryPatiently();
    }
}
