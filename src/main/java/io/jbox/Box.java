package io.jbox;

import io.jbox.cgroup.BoxCgroup;
import io.jbox.config.Config;
import io.jbox.host.ProcessWatch;
import io.jbox.kernel.FileStatus;
import io.jbox.life.BoxEvent;
import io.jbox.life.BoxEvents;
import io.jbox.life.BoxFiles;
import io.jbox.life.BoxInfo;
import io.jbox.life.BoxInfoReader;
import io.jbox.life.BoxNetwork;
import io.jbox.life.BoxRegistry;
import io.jbox.life.CommandThread;
import io.jbox.life.ConsoleAttachment;
import io.jbox.life.Destroyer;
import io.jbox.life.Executor;
import io.jbox.life.Freezer;
import io.jbox.life.Stopper;
import io.jbox.problem.JboxException;
import io.jbox.program.Plan;
import io.jbox.request.ExecRequest;
import io.jbox.request.StartRequest;
import io.jbox.request.StopRequest;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import io.jbox.state.FileLock;
import io.jbox.state.MemoryEvents;
import io.jbox.uapi.Constants;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A box of a given name, which need not be defined or running. It holds no resources, may be kept for any time, and may
 * be used by several threads.
 *
 * <pre>
 * Jbox jbox = new Jbox(Settings.ofRoot("/opt/jbox"));
 * Box box = jbox.start(StartRequest.of("bbox.yaml"));
 * try (BoxCommand command = box.exec(ExecRequest.piped("id"))) {
 *     command.standardOutput().transferTo(System.out);
 *     command.waitFor();
 * }
 * box.stop(StopRequest.orderly());
 * </pre>
 *
 * <p>Every method throws {@link JboxException} if it fails.
 */
public final class Box {
    private static final long LOOK_MILLIS = 100;

    private final Jbox jbox;
    private final BoxRegistry registry;
    private final String name;
    private final String nameOrFile;

    Box(Jbox jbox, String name, String nameOrFile) {
        this.jbox = jbox;
        this.registry = jbox.registry();
        this.name = name;
        this.nameOrFile = nameOrFile;
    }

    public String name() {
        return name;
    }

    /** Its current state. Changes nothing; methods that act on the box, and {@link Jbox#tidyUp}, complete what dead
     * processes have left. */
    public BoxState state() {
        return registry.look(name).state();
    }

    /**
     * @param file the path of a configuration
     * @throws JboxException if it runs from another file: two files may use the same box name
     */
    public void requireConfig(String file) {
        BoxRecord record = registry.running(name);
        String of = record.spec().origin().config();
        FileStatus theirs = FileStatus.of(registry.kernel(), of);
        FileStatus ours = FileStatus.of(registry.kernel(), file);
        if (theirs == null || ours == null || !ours.isSameAs(theirs)) {
            throw new JboxException(
                    name + ": runs already, from " + of,
                    "give the box of " + file + " another name, or leave name out");
        }
    }

    /** The time of its start, in milliseconds since 1970. */
    public long started() {
        return registry.running(name).started();
    }

    /** Everything known about it. */
    public BoxInfo info() {
        return new BoxInfoReader(registry).read(name, true);
    }

    /** @throws JboxException if there is no box of that name */
    public void check() {
        if (!exists()) {
            throw registry.unknown(name);
        }
    }

    /** Whether it is defined, or has run since this host was started. */
    public boolean exists() {
        return registry.exists(name);
    }

    /** The process id of its init on the host. */
    public int pid() {
        BoxRecord record = registry.running(name);
        if (record.init() == null) {
            throw new JboxException(name + ": is still being started");
        }
        return record.init().pid().number();
    }

    /** Stops it, and returns when it is cleaned up. */
    public void stop(StopRequest request) {
        BoxRecord record = new Stopper(registry).stop(name, request);
        if (request.reboot() && record != null) {
            startAgain(record);
        }
    }

    /** Its interfaces. */
    public BoxNetwork network() {
        return new BoxNetwork(registry, name);
    }

    /** Stops it and starts it again with the same configuration; if it did not run, only starts it. */
    public void restart(StopRequest request) {
        BoxRecord record = state() == BoxState.STOPPED ? null : new Stopper(registry).stop(name, request);
        if (record == null) {
            jbox.start(StartRequest.of(registry.find(name)));
        } else {
            startAgain(record);
        }
    }

    private void startAgain(BoxRecord record) {
        // If the box rebooted by itself, its monitor's reaper has started it again.
        if (state() == BoxState.STOPPED) {
            jbox.of(record).start(StartRequest.again(record.spec()));
        }
    }

    /** The number of quick reboots in a row; 0 if it does not run. */
    public int reboots() {
        BoxRecord record = registry.settler().read(name);
        return record == null ? 0 : record.reboots();
    }

    /**
     * Delays the restart of a box in the foreground that reboots again and again.
     *
     * @param before the number of quick reboots in a row so far
     * @param nanos how long it ran
     * @return that number now
     */
    public int awaitReboot(int before, long nanos) {
        int reboots = BoxRecord.nextReboots(before, nanos / 1_000_000);
        long end = System.nanoTime() + BoxRecord.rebootDelaySeconds(reboots) * 1_000_000_000L;
        try (FileLock rebooting = registry.state().rebooting(name)) {
            while (System.nanoTime() < end && !registry.state().isToStayStopped(name)) {
                Thread.sleep(LOOK_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return reboots;
    }

    /** Sends its init a signal. */
    public void kill(int signal) {
        try (ProcessWatch init =
                ProcessWatch.find(registry.kernel(), registry.running(name).init())) {
            if (init == null) {
                throw registry.isNotRunning(name);
            }
            init.signal(signal);
        }
    }

    /** Freezes all its processes, or thaws them. */
    public void freeze() {
        registry.running(name);
        new Freezer(registry).freeze(name);
    }

    /** Thaws its processes. */
    public void unfreeze() {
        registry.running(name);
        new Freezer(registry).unfreeze(name);
    }

    /** Starts a command in it, which dies with this JVM. Returns when it has been executed. */
    public BoxCommand exec(ExecRequest request) {
        return new BoxCommand(
                registry.kernel(),
                CommandThread.start(() -> new Executor(registry).start(name, request)),
                request.streams(),
                () -> {});
    }

    /** Plans such a command without running it. */
    public Plan plan(ExecRequest request) {
        return new Executor(registry).plan(name, request);
    }

    /**
     * Attaches to one of its terminals.
     *
     * @param tty 0 for the console, N for ttyN
     */
    public ConsoleAttachment attach(int tty) {
        return ConsoleAttachment.attach(registry.kernel(), registry.state().of(name), registry.running(name), tty);
    }

    /**
     * Waits until it is in one of some states.
     *
     * @return whether it reached one of them in time
     */
    public boolean await(Set<BoxState> states, @Nullable Duration patience) {
        if (states.contains(state())) {
            return true;
        }
        long end = patience == null ? 0 : System.nanoTime() + patience.toNanos();
        try (BoxEvents events = jbox.changes(name)) {
            while (!states.contains(state())) {
                long left = patience == null ? -1 : (end - System.nanoTime()) / 1_000_000;
                if (patience != null && left <= 0) {
                    return false;
                }
                BoxEvent event = events.next(left);
                if (event != null && states.contains(event.state())) {
                    return true;
                }
            }
            return true;
        }
    }

    /**
     * Waits until it has ended, and cleans it up.
     *
     * @return the raw wait status of its init; that of a killed process if it was not recorded
     */
    public int awaitEnd() {
        BoxRecord record = registry.look(name).record();
        if (record != null) {
            ProcessWatch.awaitEnd(registry.kernel(), record.init());
            registry.settler().awaitMonitorLock(name);
            if (!Stopper.waitsForVeths(record) || registry.settler().read(name) != null) {
                ProcessWatch.awaitEnd(registry.kernel(), record.monitor());
            }
        }
        registry.settler().tidyUp(name);
        Integer status = registry.state().readExit(name);
        return status == null ? Constants.SIGKILL : status;
    }

    /**
     * Its end.
     *
     * @return completed with init's exit code, or 128 + the signal's number; at once if it does not run
     */
    public CompletionStage<Integer> ended() {
        return jbox.endWatcher().ended(name);
    }

    /**
     * How many processes of its current or last run the kernel has killed because {@code limits.memory} was used up.
     */
    public long oomKills() {
        BoxRecord record = registry.look(name).record();
        return record == null
                ? new MemoryEvents(registry.state(), name).oomKills()
                : new BoxCgroup(record.spec().isolation().cgroups()).oomKills();
    }

    /** The exit code of its last run, or 128 + the signal's number; null if unknown. */
    public @Nullable Integer exitCode() {
        Integer status = registry.state().readExit(name);
        return status == null ? null : io.jbox.config.WaitStatus.exitCode(status);
    }

    /** The logs of its console, the older one first. */
    public List<String> consoleLogs() {
        BoxRecord record = registry.look(name).record();
        String log = record == null
                ? registry.state().of(name) + "/console.log"
                : record.spec().console().log();
        if (record == null) {
            Config config = registry.findConfig(nameOrFile);
            if (config != null && config.terminals().console().logfile() != null) {
                log = config.terminals().console().logfile().get();
            }
        }
        return List.of(log + ".1", log);
    }

    /** Removes its definition and its root file system, as far as they are in its own folder. */
    public void destroy(boolean force) {
        new Destroyer(registry).destroy(name, force);
    }

    /** Its root file system. */
    public BoxFiles files() {
        return new BoxFiles(
                registry,
                name,
                () -> registry.load(nameOrFile.endsWith(".yaml") ? nameOrFile : registry.find(name), List.of()));
    }
}
