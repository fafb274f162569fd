package io.jbox.facts;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a launch is to be, beside the box's configuration.
 *
 * @param command what {@code jbox run} runs below a small PID 1; null to start the configuration's init
 * @param streams what descriptors 0, 1 and 2 become
 * @param environment {@code NAME=VALUE} each, over the configuration's
 * @param cwd over the configuration's
 * @param supervision how the box is watched over; null for one that is a child of jbox and dies with it
 */
public record Launch(
        @Nullable List<String> command,
        List<Stream> streams,
        List<String> environment,
        @Nullable String cwd,
        @Nullable Supervision supervision) {
    /** What a standard descriptor of the caller is in the box. */
    public enum Stream {
        /** The box's console. */
        CONSOLE,
        /** The box's own /dev/null instead of the host's. */
        NULL,
        /** A pipe that jbox carries the bytes through: /proc/self/fd would let the box open a file itself anew. */
        PIPE,
        /** What standard output is: both of the caller's are one file, and who writes to both does so in order. */
        SAME
    }

    /**
     * A monitor for the box.
     *
     * @param folder the box's state folder
     * @param foreground whether the monitor, and with it the box, dies with jbox
     * @param afterwards what the monitor does without jbox when the box has ended
     */
    public record Supervision(String folder, boolean foreground, Afterwards afterwards) {
        /** A monitor that is at work already, or whose command to hand over to does not matter. */
        public Supervision(String folder, boolean foreground) {
            this(
                    folder,
                    foreground,
                    new Afterwards(folder + "/state.json", folder + "/memory.events", REAP, List.of(), 0));
        }

        /** Where the host's interfaces that the box has are written down: one look shows what is owed to all boxes. */
        public String journal() {
            int slash = folder.lastIndexOf('/');
            return folder.substring(0, slash) + "/.nics" + folder.substring(slash);
        }

        /** Where the root file system is mounted while hooks must find it by a path; a folder that all boxes share. */
        public String rootfsMount() {
            return folder.substring(0, folder.lastIndexOf('/')) + "/.rootfs";
        }
    }

    private static final List<String> REAP = List.of("jbox", "reap");

    /**
     * What becomes of a box that has ended.
     *
     * @param record the file that says that there is the box, to be removed
     * @param counters where the kernel's counts of memory used up are kept when the box's cgroup goes
     * @param reaper the command that does what else is owed
     * @param environment of that command, {@code NAME=VALUE} each
     * @param rebootDelaySeconds how long to wait before a box that has rebooted is started again, or until a SIGTERM
     */
    public record Afterwards(
            String record, String counters, List<String> reaper, List<String> environment, int rebootDelaySeconds) {}

    /** A launch without a monitor. */
    public Launch(
            @Nullable List<String> command, List<Stream> streams, List<String> environment, @Nullable String cwd) {
        this(command, streams, environment, cwd, null);
    }

    /** The configuration's init on a console of its own. */
    public static Launch init() {
        return new Launch(null, List.of(Stream.CONSOLE, Stream.CONSOLE, Stream.CONSOLE), List.of(), null);
    }

    /** The configuration's init below a monitor. */
    public static Launch monitored(boolean console, Supervision supervision) {
        Stream stream = console ? Stream.CONSOLE : Stream.NULL;
        return new Launch(null, List.of(stream, stream, stream), List.of(), null, supervision);
    }

    /** Whether the box has a console. */
    public boolean hasConsole() {
        return streams.contains(Stream.CONSOLE);
    }
}
