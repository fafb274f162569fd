package io.jbox.facts;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a box is launched, apart from its configuration.
 *
 * @param command what {@code jbox run} runs below a small PID 1, empty if a compiled program receives it when it runs;
 *     null to start the configured init
 * @param streams what descriptors 0, 1 and 2 become
 * @param environment as {@code NAME=VALUE}; overrides the configuration's
 * @param cwd overrides the configuration's
 * @param supervision the box's monitor; null for a box that is a child of jbox and dies with it
 */
public record Launch(
        @Nullable List<String> command,
        List<Stream> streams,
        List<String> environment,
        @Nullable String cwd,
        @Nullable Supervision supervision) {
    /** What a standard descriptor of the caller becomes in the box. */
    public enum Stream {
        /** The box's console. */
        CONSOLE,
        /** The box's /dev/null instead of the host's. */
        NULL,
        /** A pipe through which jbox copies the bytes: the box could reopen a file itself through /proc/self/fd. */
        PIPE,
        /** The same as standard output: the caller uses one file for both, and the order of writes is kept. */
        SAME
    }

    /**
     * The monitor of a box.
     *
     * @param folder the box's state folder
     * @param foreground whether the monitor, and with it the box, dies with jbox
     * @param afterwards what the monitor does without jbox when the box has ended
     * @param pidFile receives the process id of the box's first process; null for none
     */
    public record Supervision(
            String folder,
            boolean foreground,
            Afterwards afterwards,
            @Nullable String pidFile) {
        /** A monitor that is running already, or whose cleanup command does not matter. */
        public Supervision(String folder, boolean foreground) {
            this(
                    folder,
                    foreground,
                    new Afterwards(folder + "/state.json", folder + "/memory.events", REAP, List.of(), 0),
                    null);
        }

        /**
         * The file that records the host interfaces lent to the box. All boxes have theirs in one folder, which shows
         * everything that must be given back.
         */
        public String journal() {
            int slash = folder.lastIndexOf('/');
            return folder.substring(0, slash) + "/.nics" + folder.substring(slash);
        }

        /** Where the root file system is mounted while hooks need a path to it; all boxes share the folder. */
        public String rootfsMount() {
            return folder.substring(0, folder.lastIndexOf('/')) + "/.rootfs";
        }
    }

    private static final List<String> REAP = List.of("jbox", "reap");

    /**
     * What happens when a box has ended.
     *
     * @param record the box's record, to be removed
     * @param counters where the kernel's memory counters are saved when the box's cgroup is removed
     * @param reaper the command that does the remaining cleanup
     * @param environment of that command, as {@code NAME=VALUE}
     * @param rebootDelaySeconds how long to wait, unless a SIGTERM comes, before a box that rebooted is started again
     */
    public record Afterwards(
            String record, String counters, List<String> reaper, List<String> environment, int rebootDelaySeconds) {}

    /** A launch without a monitor. */
    public Launch(
            @Nullable List<String> command, List<Stream> streams, List<String> environment, @Nullable String cwd) {
        this(command, streams, environment, cwd, null);
    }

    /** Launches the configured init on a new console. */
    public static Launch init() {
        return new Launch(null, List.of(Stream.CONSOLE, Stream.CONSOLE, Stream.CONSOLE), List.of(), null);
    }

    /** Launches the configured init with a monitor. */
    public static Launch monitored(boolean console, Supervision supervision) {
        Stream stream = console ? Stream.CONSOLE : Stream.NULL;
        return new Launch(null, List.of(stream, stream, stream), List.of(), null, supervision);
    }

    /**
     * Runs a command whose words are known only when a compiled program runs.
     *
     * @param environment variables whose values are known only then
     */
    public static Launch ofAnyCommand(List<Stream> streams, List<String> environment, @Nullable String cwd) {
        return new Launch(List.of(), streams, environment, cwd);
    }

    /** The same in the usual folder. */
    public static Launch ofAnyCommand(List<Stream> streams) {
        return ofAnyCommand(streams, List.of(), null);
    }

    /** Whether the box has a console. */
    public boolean hasConsole() {
        return streams.contains(Stream.CONSOLE);
    }
}
