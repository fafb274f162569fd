package io.jbox.life;

import io.jbox.bridge.Networks;
import io.jbox.config.Config;
import io.jbox.config.Nearest;
import io.jbox.host.RootfsTemplate;
import io.jbox.ids.BoxIds;
import io.jbox.image.Progress;
import io.jbox.kernel.Kernel;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.request.Notices;
import io.jbox.request.Settings;
import io.jbox.schema.ConfigFinder;
import io.jbox.schema.ConfigLoader;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import io.jbox.state.DamagedRecordException;
import io.jbox.state.PendingWork;
import io.jbox.state.StateFolder;
import io.jbox.yaml.DocumentCache;
import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The boxes that a host knows, by their definitions, records and pending work. Starts and stops none. */
public final class BoxRegistry {
    private final Kernel kernel;
    private final Settings settings;
    private final StateFolder state;
    private final LentInterfaces lent;
    private final Settler settler;
    private final @Nullable Runnable owed;
    private final Notices notices;
    private final Networks networks;
    private final BoxIds ids;

    /** @param owed run when a look at a box finds leftovers of dead processes; null if they are of no interest */
    public BoxRegistry(Kernel kernel, Notices notices, Settings settings, @Nullable Runnable owed) {
        this.kernel = kernel;
        this.notices = notices;
        this.settings = settings;
        this.state = new StateFolder(kernel, settings.state());
        this.lent = new LentInterfaces(kernel, state, notices);
        this.settler = new Settler(kernel, state, lent);
        this.owed = owed;
        this.networks = new Networks(kernel, settings.network(), new DocumentCache(settings.cache()));
        this.ids = BoxIds.of(kernel, settings.ids());
    }

    public BoxIds ids() {
        return ids;
    }

    public Kernel kernel() {
        return kernel;
    }

    public Notices notices() {
        return notices;
    }

    public Settings settings() {
        return settings;
    }

    public StateFolder state() {
        return state;
    }

    LentInterfaces lent() {
        return lent;
    }

    public Settler settler() {
        return settler;
    }

    public Networks networks() {
        return networks;
    }

    /** Determines the true state of a box, and reports whether dead processes have left work to do. Changes nothing. */
    public Settler.Truth look(String box) {
        Settler.Truth truth = settler.look(box);
        if (truth.owed() && owed != null) {
            owed.run();
        }
        return truth;
    }

    /**
     * Determines the true state of a box for a command that acts on it, and completes what dead processes have left. A
     * registry for commands that only look leaves that to others.
     */
    Settler.Truth settle(String box) {
        return owed == null ? settler.tidyUp(box) : look(box);
    }

    /** Notes that this process works on a box, so that the next command cleans up if this one is killed. */
    public PendingWork begin(String box) {
        return PendingWork.begin(kernel, state, box);
    }

    /** Returns the maker of root file systems from templates. */
    public RootfsTemplate templates() {
        return new RootfsTemplate(kernel, state, notices::tell);
    }

    /** The error that a box is not running any more. */
    public static JboxException ended(String box) {
        return new JboxException(new Problem(box + ": is not running", null, null));
    }

    /** The error that a box is not running, or does not exist; it suggests the name that was most likely meant. */
    public JboxException isNotRunning(String box) {
        boolean defined = settings.boxes().defines(box);
        if (defined || isKnown(box)) {
            return new JboxException(new Problem(box + ": is not running", null, defined ? "jbox start " + box : null));
        }
        return unknown(box);
    }

    /**
     * The record of a box that runs.
     *
     * @throws JboxException if it does not
     */
    public BoxRecord running(String box) {
        Settler.Truth truth = settle(box);
        if (truth.record() == null || truth.state() == BoxState.STOPPED) {
            throw isNotRunning(box);
        }
        return truth.record();
    }

    /** Whether a box is defined, or has run since this host was started. */
    public boolean exists(String box) {
        return settings.boxes().defines(box) || isKnown(box);
    }

    /**
     * The name of a box.
     *
     * @param nameOrFile its name, or the path of its configuration, which ends in .yaml
     * @throws JboxException if nothing can be called that
     */
    public String nameOf(String nameOrFile) {
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
    public boolean isKnown(String name) {
        // The folder alone proves nothing: a command that waits for a future box makes it.
        return new File(state.of(name), "monitor.lock").exists();
    }

    /** The error that there is no box of this name; it suggests the one that was most likely meant. */
    public JboxException unknown(String name) {
        String nearest = Nearest.find(name, names());
        return new JboxException(new Problem(
                "there is no box \"" + name + "\"",
                null,
                nearest == null ? "jbox ls lists them" : "did you mean \"" + nearest + "\"?"));
    }

    /** Whether a running box was started from this folder of boxes. */
    public boolean isOurs(BoxRecord record) {
        return record.spec().origin().boxes().equals(settings.boxes().path());
    }

    /** @throws JboxException if a box of that name runs that was started from another folder, where that makes a difference */
    public void requireOurs(String name) {
        BoxRecord record = settings.onlyThese() ? look(name).record() : null;
        if (record != null && !isOurs(record)) {
            String boxes = record.spec().origin().boxes();
            throw new JboxException(name + ": the running box of that name belongs to " + boxes, "-P " + boxes);
        }
    }

    /** The same for the folder of boxes that a box was started with. */
    public BoxRegistry of(BoxRecord record) {
        return isOurs(record)
                ? this
                : new BoxRegistry(
                        kernel, notices, settings.in(record.spec().origin().boxes()), null);
    }

    /** The names of all boxes that are defined or run, sorted. */
    public List<String> names() {
        TreeSet<String> names = new TreeSet<>(defined());
        for (String name : state.names()) {
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
        } catch (DamagedRecordException e) {
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

    private ConfigLoader loader(Images.Missing missing, Developers.Use use) {
        Images images = new Images(settings.store(), settings.home(), missing, Progress.NONE);
        return new ConfigLoader(
                new DocumentCache(settings.cache()),
                settings.boxes(),
                images,
                new Developers(projects(), state.root(), settings.boxes(), use));
    }

    /** The folder with notes about projects that have a dev environment. */
    String projects() {
        return new File(new File(settings.store()).getParentFile(), Settings.PROJECTS).getPath();
    }

    /** Reads a configuration without starting a box. */
    public Config load(String file, List<String> overrides) {
        return loader(Images.Missing.LEAVE, Developers.Use.LOOK).load(file, overrides);
    }

    /** Reads the configuration of a box that is to be started; its image is fetched if need be. */
    public Config loadToStart(String file, List<String> overrides) {
        return loader(Images.Missing.FETCH, Developers.Use.START).load(file, overrides);
    }

    /** The definition of a box, or what a file says; null if there is none, or one that is wrong. */
    public @Nullable Config findConfig(String nameOrFile) {
        String file =
                nameOrFile.endsWith(".yaml") ? nameOrFile : settings.boxes().config(nameOrFile);
        try {
            return new File(file).exists() ? load(file, List.of()) : null;
        } catch (JboxException e) {
            return null;
        }
    }
}
