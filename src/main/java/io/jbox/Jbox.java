package io.jbox;

import io.jbox.box.BoxTrees;
import io.jbox.box.LaunchObserver;
import io.jbox.cgroup.BoxCgroup;
import io.jbox.cgroup.CgroupMounts;
import io.jbox.config.BoxName;
import io.jbox.config.Config;
import io.jbox.config.ConfigFinder;
import io.jbox.config.ConfigLoader;
import io.jbox.config.DocumentCache;
import io.jbox.config.Nearest;
import io.jbox.ids.BoxIds;
import io.jbox.ids.OwnerShift;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Syscall;
import io.jbox.net.Homecoming;
import io.jbox.net.NetworkMap;
import io.jbox.net.Networks;
import io.jbox.net.NicJournal;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.program.Plan;
import io.jbox.state.BoxLock;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import io.jbox.state.FileLock;
import io.jbox.state.PendingWork;
import io.jbox.state.ProcessId;
import io.jbox.state.StateFolder;
import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The boxes of this host.
 *
 * <p>Several threads may share one, several processes work on the same boxes at the same time; what belongs together
 * happens under the box's lock. Nothing runs between calls but, once {@link Box#ended} was asked for, one daemon thread.
 */
public final class Jbox implements AutoCloseable {
    /** What a monitor may take for its end when its box is gone. */
    private static final long LAST_MILLIS = 2000;

    private static final long LOOK_MILLIS = 5;

    private final Kernel kernel;
    private final Settings settings;
    private final StateFolder state;
    private final Settler settler;
    private final Notices notices;
    private final Networks networks;
    private final BoxIds ids;
    private final Starter starter;
    /** Those that we have made: the kernel keeps them until we ask for them. */
    private final List<Child> monitors = new ArrayList<>();

    private Function<Config, LaunchObserver> logs = config -> LaunchObserver.NONE;
    private @Nullable EndWatcher endWatcher;

    private record Child(ProcessId monitor, String box) {}

    /** @param kernel {@link io.jbox.kernel.NativeKernel#open} */
    public Jbox(Kernel kernel, Settings settings) {
        this(kernel, Notices.NONE, settings);
    }

    /** @param notices told what nobody has asked for, but somebody may want to know */
    public Jbox(Kernel kernel, Notices notices, Settings settings) {
        this(kernel, notices, settings, null);
    }

    /**
     * One that only looks: what dead processes have left behind is not tidied up, and not waited for.
     *
     * @param owed run where something is found to be left behind; null to tidy it up
     */
    public Jbox(Kernel kernel, Notices notices, Settings settings, @Nullable Runnable owed) {
        this.kernel = kernel;
        this.notices = notices;
        this.settings = settings;
        this.state = new StateFolder(kernel, settings.state());
        this.settler = new Settler(kernel, state, notices, owed);
        this.networks = new Networks(kernel, settings.network(), new DocumentCache(settings.cache()));
        this.ids = BoxIds.of(kernel, settings.ids());
        this.starter = new Starter(kernel, state, settings, settler, networks, ids, notices, this::trees, boxTrees());
    }

    /** What keeps trees of files from other owners while boxes use them. */
    public OwnerShift trees(String box) {
        return new OwnerShift(kernel, settings.ids(), (tree, range) -> {
            TreeUsers.User user = new TreeUsers(this).find(tree, box);
            Config other = user == null ? null : user.config();
            boolean wantsTheSame = other != null
                    && other.shifts()
                    && other.idmap().size() == 1
                    && other.idmap().get(0).get().equals(range);
            return user == null || wantsTheSame ? null : user.describe();
        });
    }

    /** Says that this process is at work on a box, for who comes after it if it is killed. */
    public PendingWork begin(String box) {
        return PendingWork.begin(kernel, state, box);
    }

    /** What makes root file systems by templates. */
    public RootfsTemplate templates() {
        return new RootfsTemplate(kernel, state, notices::tell);
    }

    /**
     * Lets starts that nobody else observes be logged as their configurations say.
     *
     * @param observers who is told of the start of a box with a configuration
     */
    public Jbox withLogs(Function<Config, LaunchObserver> observers) {
        logs = observers;
        return this;
    }

    /** The trees of all boxes, looked up when they are asked for. */
    public BoxTrees boxTrees() {
        return new KnownTrees(this);
    }

    BoxIds ids() {
        return ids;
    }

    Kernel kernel() {
        return kernel;
    }

    Notices notices() {
        return notices;
    }

    Settings settings() {
        return settings;
    }

    StateFolder state() {
        return state;
    }

    Settler settler() {
        return settler;
    }

    Stopper stopper() {
        return new Stopper(kernel, state, settler, notices, name -> box(name).notRunning());
    }

    Freezer freezer() {
        return new Freezer(kernel, state, settler);
    }

    Executor executor() {
        return new Executor(kernel, state, settler, notices, name -> box(name).notRunning());
    }

    synchronized EndWatcher endWatcher() {
        if (endWatcher == null) {
            endWatcher = new EndWatcher(this);
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
        String name = name(nameOrFile);
        Box box = new Box(this, BoxName.check(name), nameOrFile);
        BoxRecord record = settings.onlyThese() ? settler.look(name).record() : null;
        if (record != null && !isOurs(record)) {
            throw new JboxException(
                    name + ": the box of that name that runs is one of "
                            + record.spec().boxes(),
                    "-P " + record.spec().boxes());
        }
        return box;
    }

    private String name(String nameOrFile) {
        if (!nameOrFile.endsWith(".yaml")) {
            return nameOrFile;
        }
        if (new File(nameOrFile).exists()) {
            return load(nameOrFile, List.of()).name().get();
        }
        String name = new File(nameOrFile).getName();
        return name.substring(0, name.length() - ".yaml".length());
    }

    /** Whether a box of a name has run since this host was started. */
    boolean isKnown(String name) {
        // Who waits for a box that is still to come makes its folder.
        return new File(state.of(name), "monitor.lock").exists();
    }

    /** That there is no box of a name, with the one that was most likely meant. */
    JboxException unknown(String name) {
        String nearest = Nearest.find(name, names());
        return new JboxException(new Problem(
                "there is no box \"" + name + "\"",
                null,
                nearest == null ? "jbox ls lists them" : "did you mean \"" + nearest + "\"?"));
    }

    /** Whether a box that runs is one of those that are defined in our folder. */
    boolean isOurs(BoxRecord record) {
        return record.spec().boxes().equals(settings.boxes().path());
    }

    /** The same for the folder of boxes that a box was started with. */
    Jbox of(BoxRecord record) {
        return isOurs(record)
                ? this
                : new Jbox(kernel, notices, settings.in(record.spec().boxes())).withLogs(logs);
    }

    /** The names of all boxes that are defined or run, sorted. */
    public List<String> names() {
        TreeSet<String> names = new TreeSet<>(defined());
        for (String name : state.names()) {
            if (state.hasAside(name)) {
                settler.look(name);
            }
            if (new File(state.recordFile(name)).exists() && isListed(name)) {
                names.add(name);
            }
        }
        return List.copyOf(names);
    }

    private boolean isListed(String name) {
        try {
            BoxRecord record = settings.onlyThese() ? state.read(name) : null;
            return record == null || isOurs(record);
        } catch (StateFolder.DamagedException e) {
            return true;
        }
    }

    /** The names of all boxes that have a definition in the folder of boxes, sorted. */
    public List<String> defined() {
        String[] names = new File(settings.boxes().path()).list();
        if (names == null) {
            return List.of();
        }
        Arrays.sort(names);
        List<String> defined = new ArrayList<>();
        for (String name : names) {
            if (new File(settings.boxes().config(name)).exists()) {
                defined.add(name);
            }
        }
        return defined;
    }

    /**
     * The configuration file that a name means.
     *
     * @throws JboxException that lists where it looked
     */
    public String find(String name) {
        return new ConfigFinder(settings.boxes(), settings.searchPath(), settings.trustedOwners()).find(name);
    }

    private ConfigLoader loader() {
        return new ConfigLoader(new DocumentCache(settings.cache()), settings.boxes());
    }

    /** Reads a configuration. */
    public Config load(String file, List<String> overrides) {
        return loader().load(file, overrides);
    }

    /** The definition of a box, or what a file says; null if there is none, or one that is wrong. */
    @Nullable
    Config findConfig(String nameOrFile) {
        String file =
                nameOrFile.endsWith(".yaml") ? nameOrFile : settings.boxes().config(nameOrFile);
        try {
            return new File(file).exists() ? load(file, List.of()) : null;
        } catch (JboxException e) {
            return null;
        }
    }

    /** What {@link #start} would do, step by step. Needs no privilege. */
    public Plan plan(Config config) {
        return starter.plan(config);
    }

    /** Starts a box, and returns when it runs. */
    public Box start(StartRequest request) {
        Config config = load(request.config(), request.overrides());
        return start(
                config, request.observer() == LaunchObserver.NONE ? request.observedBy(logs.apply(config)) : request);
    }

    /**
     * Starts a box whose configuration has been read.
     *
     * @param config that of the request
     */
    public Box start(Config config, StartRequest request) {
        ProcessId monitor;
        try (PendingWork pending = begin(config.name().get())) {
            monitor = starter.start(config, request).record().monitor();
        }
        synchronized (monitors) {
            if (monitor != null) {
                monitors.add(new Child(monitor, config.name().get()));
            }
        }
        bury();
        return box(config.name().get());
    }

    /** Takes the monitors that have ended off the kernel's list of our children. */
    void bury() {
        synchronized (monitors) {
            for (Iterator<Child> all = monitors.iterator(); all.hasNext(); ) {
                ProcessId monitor = all.next().monitor();
                if (!monitor.isAlive() && ProcessWatch.bury(kernel, monitor)) {
                    all.remove();
                }
            }
        }
    }

    /**
     * Starts a box that dies with this process, and takes hold of its console before it can say anything.
     *
     * @return null if the box has no console
     */
    public @Nullable ConsoleAttachment startForeground(Config config, StartRequest request) {
        String name = config.name().get();
        state.make(name);
        int lock = config.console().exists().get() ? ConsoleAttachment.lockConsole(kernel, state.of(name)) : -1;
        try (PendingWork pending = begin(name)) {
            Starter.Started started = starter.start(config, request);
            if (started.box().master() >= 0) {
                return ConsoleAttachment.of(kernel, started.box(), started.record(), lock);
            }
            kernel.call(Syscall.CLOSE, started.box().initPidfd());
            return null;
        } catch (RuntimeException | Error e) {
            if (lock >= 0) {
                kernel.call(Syscall.CLOSE, lock);
            }
            throw e;
        }
    }

    /** The same for those of boxes that have ended, which are about to: the record is nearly the last that they take away. */
    private void buryPatiently() {
        long end = System.nanoTime() + LAST_MILLIS * 1_000_000;
        bury();
        while (isAnyEndedLeft() && System.nanoTime() < end) {
            try {
                Thread.sleep(LOOK_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            bury();
        }
    }

    private boolean isAnyEndedLeft() {
        synchronized (monitors) {
            for (Child child : monitors) {
                if (!new File(state.recordFile(child.box())).exists()) {
                    return true;
                }
            }
            return false;
        }
    }

    /** Everything there is to tell of a box. */
    BoxInfo info(String name, boolean withConfig) {
        String file = settings.boxes().config(name);
        boolean defined = new File(file).exists();
        Config config = null;
        String problem = "";
        if (defined && withConfig) {
            try {
                config = load(file, List.of());
            } catch (JboxException e) {
                problem = String.valueOf(e.getMessage());
            }
        }
        return new BoxInfoReader(
                        kernel, settler, settings.onlyThese() ? settings.boxes().path() : null)
                .read(name, config, defined, problem);
    }

    /**
     * Everything there is to tell of boxes.
     *
     * @param withConfig whether their definitions are read
     */
    public List<BoxInfo> infos(List<String> names, boolean withConfig) {
        List<BoxInfo> infos = new ArrayList<>();
        for (String name : names) {
            BoxInfo info = info(name, withConfig);
            // What a start that was killed has left is no box.
            if (info.defined()
                    || info.state() != BoxState.STOPPED
                    || !info.problem().isEmpty()) {
                infos.add(info);
            }
        }
        return infos;
    }

    /**
     * The changes of state from now on, of one box or of all (null): also of one that nobody knows yet. To be closed.
     */
    public BoxEvents events(@Nullable String box) {
        return new BoxEvents(kernel, state, settler, box == null ? null : BoxName.check(box), true);
    }

    /** The changes of state of a box alone: between two of them nobody has to look. */
    BoxEvents changes(String box) {
        return new BoxEvents(kernel, state, settler, box, false);
    }

    /** Makes a box's definition and its root file system. */
    public Box create(CreateRequest request) {
        BoxName.check(request.name());
        try (PendingWork pending = begin(request.name())) {
            return new Creator(this).create(request);
        }
    }

    /** Whether a process has died in the middle of its work, or an interface lent to a box waits to come home. Only looks. */
    public boolean isAnythingOwed() {
        if (!PendingWork.left(kernel, state.root()).isEmpty()) {
            return true;
        }
        for (String box : NicJournal.boxes(state.root())) {
            try {
                BoxRecord record = state.read(box);
                if (record == null || settler.judge(record) == BoxState.STOPPED) {
                    return true;
                }
            } catch (StateFolder.DamagedException e) {
                continue; // whoever asks for the box is told
            }
        }
        return false;
    }

    /**
     * Does what dead processes have left undone: to boxes that do not run any more, to definitions that never came to be, to
     * cgroups of commands, and to interfaces that were lent.
     *
     * @return problems with records that are damaged
     */
    public List<JboxException> tidyUp() {
        List<JboxException> problems = settle();
        for (PendingWork.Left left : PendingWork.left(kernel, state.root())) {
            try {
                BoxName.check(left.box());
                new Creator(this).tidyUp(left.box());
                left.forget();
            } catch (JboxException e) {
                problems.add(e);
            }
        }
        BoxCgroup.removeForgotten(CgroupMounts.hierarchies());
        recoverNics(false);
        return problems;
    }

    /** Brings what is recorded to what is true, for every box; returns problems with records that are damaged. */
    public List<JboxException> settle() {
        List<JboxException> problems = new ArrayList<>();
        for (String name : state.names()) {
            try {
                settler.look(name);
            } catch (JboxException e) {
                problems.add(e);
            }
        }
        return problems;
    }

    /**
     * Brings home every interface of the host's that a box had which does not run any more. What is wrong with one box does
     * not keep others from theirs.
     *
     * @param giveUp whether what is in no network that can be found is forgotten
     * @return what became of each
     */
    public List<Homecoming> recoverNics(boolean giveUp) {
        for (String box : NicJournal.boxes(state.root())) {
            try {
                if (settler.look(box).state() == BoxState.STOPPED) {
                    recoverOrphans(box, giveUp);
                }
            } catch (JboxException e) {
                notices.tell(String.valueOf(e.getMessage()));
            }
        }
        return settler.takeHomecomings();
    }

    private void recoverOrphans(String box, boolean giveUp) {
        state.make(box);
        try (BoxLock lock = BoxLock.tryTake(kernel, state.of(box))) {
            if (lock != null
                    && settler.read(box) == null
                    && NicJournal.of(kernel, state.root(), box).exists()) {
                settler.recoverOrphans(box, giveUp);
            }
        }
    }

    /** Who is connected to whom: the host, and the boxes that run. */
    public NetworkMap networkMap() {
        NetworkMap map = NetworkMap.ofHost(kernel);
        for (String name : state.names()) {
            BoxRecord record = settler.look(name).record();
            if (record != null && !new BoxNetwork(this, name).addTo(map, record)) {
                notices.tell(name + ": its interfaces are only shown to root");
            }
        }
        return map;
    }

    /** jbox's own bridges, and the addresses of boxes. */
    public Networks networks() {
        return networks;
    }

    /**
     * What a monitor leaves to be done: hooks, cgroups, pins, a restart.
     *
     * @param id of the start that it was the monitor of; another one is left alone
     */
    public void reap(String box, String id) {
        BoxName.check(box);
        if (!new File(state.of(box)).isDirectory()) {
            return;
        }
        BoxRecord record;
        // Whoever stops it meanwhile finds no record, but this.
        try (FileLock rebooting = state.rebooting(box)) {
            boolean rebooted;
            try (BoxLock lock = BoxLock.take(kernel, state.of(box))) {
                record = settler.read(box);
                if (record == null || !record.id().equals(id)) {
                    return;
                }
                rebooted = settler.finish(record);
            }
            if (rebooted && !record.spec().ephemeral()) {
                startAgain(record);
            }
        }
        if (record.spec().ephemeral()) {
            new Destroyer(of(record)).destroy(box, true);
        }
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
        // Outside of the lock: whoever is told of an end may ask us something.
        if (watcher != null) {
            watcher.close();
        }
        buryPatiently();
    }
}
