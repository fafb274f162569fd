package io.jbox.life;

import io.jbox.config.BoxFolders;
import io.jbox.facts.NetworkFolders;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.StandInKernel;
import io.jbox.number.Bytes;
import io.jbox.number.HostGid;
import io.jbox.number.HostUid;
import io.jbox.number.Pid;
import io.jbox.request.Notices;
import io.jbox.request.Settings;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxSpec;
import io.jbox.state.BoxState;
import io.jbox.state.ProcessId;
import io.jbox.state.StateFolder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A host in a temporary folder, with boxes whose monitor and init are processes of an ordinary user: shells and sleeps that
 * do of a box's life what the host sees of it.
 */
final class StandIns implements AutoCloseable {
    /** An init that ends when it is asked to. It says its id as soon as it is what it is. */
    static final String HALTS = "echo $$; exec sleep 1000";

    /** One that does not. */
    static final String IGNORES = "trap '' PWR INT TERM; echo $$; exec sleep 1000";

    /** A monitor that finds nothing owed when init has ended: the record is its to take away. */
    static final String TIDIES = "printf '\\000\\000' >exit; rm -f state.json";

    /** One that leaves everything to others. */
    static final String DIES = "exit 1";

    /** The lock is jbox's until the start is done. */
    private static final String MONITOR =
            "cd \"$0\" && exec 9>>monitor.lock && { sh -c \"$1\" 9>&- & } && flock 9 && wait; eval \"$2\"";

    private static final long PATIENCE_NANOS = 5_000_000_000L;

    private final Path folder;
    private final List<Process> monitors = new ArrayList<>();
    private final List<ProcessId> inits = new ArrayList<>();
    private final List<String> notices = new ArrayList<>();

    StandIns(Path folder) {
        this.folder = folder;
        try {
            for (String name : List.of("home/rootfs-scripts", "boxes", "search")) {
                Files.createDirectories(folder.resolve(name));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Settings settings() {
        return new Settings(
                path("home"),
                new BoxFolders(path("boxes")),
                false,
                path("state"),
                List.of(path("search")),
                new NetworkFolders(path("state"), path("net"), path("net.yaml")),
                path("ids"),
                path("store"),
                null,
                Set.of());
    }

    String path(String name) {
        return folder.resolve(name).toString();
    }

    /** What everybody is told of. */
    List<String> notices() {
        return notices;
    }

    StandInKernel kernel() {
        return new StandInKernel(folder.toString());
    }

    /** One that may end the processes of a box. */
    StandInKernel kernel(BoxRecord record) {
        StandInKernel kernel = kernel();
        for (ProcessId process : new ProcessId[] {record.monitor(), record.init()}) {
            if (process != null) {
                kernel.knowing(process.pid().number());
            }
        }
        return kernel;
    }

    BoxRegistry registry(Kernel kernel) {
        Notices tells = notices::add;
        return new BoxRegistry(kernel, tells, settings(), null);
    }

    StateFolder state() {
        return registry(kernel()).state();
    }

    /** Makes the two processes of a box. */
    StandInKernel.Processes launch(String box, String init, String afterwards) {
        try {
            Files.createDirectories(folder.resolve("state").resolve(box));
            Process monitor = new ProcessBuilder("sh", "-c", MONITOR, path("state/" + box), init, afterwards)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            monitors.add(monitor);
            BufferedReader said = monitor.inputReader(StandardCharsets.US_ASCII);
            int pid = Integer.parseInt(said.readLine());
            ProcessId id = ProcessId.find(new Pid(pid));
            if (id != null) {
                inits.add(id);
            }
            return new StandInKernel.Processes((int) monitor.pid(), pid);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A box that runs. */
    BoxRecord run(String box, String init, String afterwards) {
        state().make(box);
        StandInKernel.Processes made = launch(box, init, afterwards);
        BoxRecord record = record(spec(box, List.of(), Map.of()), BoxState.RUNNING)
                .with(ProcessId.find(new Pid(made.monitor())), ProcessId.find(new Pid(made.init())));
        state().write(record);
        return record;
    }

    /** The same with namespaces of its own. */
    BoxRecord run(String box, List<String> namespaces, List<BoxSpec.Nic> nics) {
        BoxRecord ran = run(box, HALTS, TIDIES);
        BoxSpec spec = ran.spec();
        BoxRecord record = record(
                        new BoxSpec(
                                box,
                                spec.origin(),
                                spec.ending(),
                                spec.hooks(),
                                new BoxSpec.Isolation(List.of(), namespaces, HostUid.ROOT, HostGid.ROOT),
                                spec.confinement(),
                                List.of(),
                                spec.console(),
                                nics),
                        BoxState.RUNNING)
                .with(ran.monitor(), ran.init());
        state().write(record);
        return record;
    }

    BoxRecord record(BoxSpec spec, BoxState state) {
        return new BoxRecord(
                "start-1",
                state().boot(),
                state,
                null,
                null,
                null,
                System.currentTimeMillis() - 60_000,
                spec,
                -1,
                List.of(),
                0,
                Map.of());
    }

    /** What a box with nothing of its own but its processes was started with. */
    BoxSpec spec(String box, List<String> cgroups, Map<String, List<String>> hooks) {
        return spec(box, cgroups, hooks, path("boxes/" + box + "/rootfs"));
    }

    /** The same with a tree that it uses. */
    BoxSpec spec(String box, List<String> cgroups, Map<String, List<String>> hooks, String tree) {
        return new BoxSpec(
                box,
                new BoxSpec.Origin(
                        path("search/" + box + ".yaml"),
                        List.of(),
                        path("boxes"),
                        path("boxes/" + box + "/rootfs"),
                        List.of(tree),
                        List.of("onboot")),
                new BoxSpec.Ending(false, false, 30, 2, 9, 10),
                new BoxSpec.Hooks(hooks, 5, List.of("BOX=" + box)),
                new BoxSpec.Isolation(cgroups, List.of(), HostUid.ROOT, HostGid.ROOT),
                new BoxSpec.Confinement(0, new TreeMap<>(), false, false, List.of()),
                List.of(),
                new BoxSpec.Console(path("state/" + box + "/console.log"), new Bytes(1024)),
                List.of());
    }

    /** Defines a box. */
    void define(String box, String yaml) {
        write("boxes/" + box + "/config.yaml", yaml);
    }

    /** Writes a file that only its owner can change. */
    void write(String name, String text) {
        try {
            Path file = folder.resolve(name);
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String read(String name) {
        try {
            return Files.readString(folder.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The stand-ins that live. */
    List<String> alive() {
        List<String> alive = new ArrayList<>();
        inits.forEach(init -> {
            if (init.isAlive()) {
                alive.add("init " + init.pid());
            }
        });
        for (Process monitor : monitors) {
            ProcessId id = ProcessId.find(new Pid((int) monitor.pid()));
            if (id != null && id.isAlive()) {
                alive.add("monitor " + id.pid());
            }
        }
        return alive;
    }

    /** Those that live on: who was killed takes a moment to end. */
    List<String> left() {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (!alive().isEmpty() && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        return alive();
    }

    /** Kills a monitor, which takes its init along as the kernel does (PR_SET_PDEATHSIG). */
    void killMonitor(BoxRecord record) {
        for (Process monitor : monitors) {
            if (record.monitor() != null
                    && monitor.pid() == record.monitor().pid().number()) {
                monitor.destroyForcibly();
                kill(record.init());
                monitor.onExit().join();
            }
        }
    }

    private static void kill(@Nullable ProcessId process) {
        if (process != null && process.isAlive()) {
            ProcessHandle.of(process.pid().number()).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    @Override
    public void close() {
        inits.forEach(StandIns::kill);
        for (Process monitor : monitors) {
            monitor.destroyForcibly();
            monitor.onExit().join();
        }
    }
}
