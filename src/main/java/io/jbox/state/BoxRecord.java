package io.jbox.state;

import io.jbox.number.Pid;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The record of one start of a box, kept from before its first process exists until after its last one is gone.
 *
 * @param id of this start: no two are the same
 * @param boot of the kernel (/proc/sys/kernel/random/boot_id)
 * @param state the last recorded one
 * @param monitor null until it exists
 * @param init null until it exists
 * @param stopper the process that is stopping it; null for none
 * @param started when, in milliseconds since 1970
 * @param spec what the box was started with
 * @param console number of its descriptor in the monitor; -1 if there is none
 * @param ttys those of tty1 and on
 * @param reboots how often in a row it has rebooted soon after its start
 * @param unknown fields of a later jbox, which are kept unchanged
 */
public record BoxRecord(
        String id,
        String boot,
        BoxState state,
        @Nullable ProcessId monitor,
        @Nullable ProcessId init,
        @Nullable ProcessId stopper,
        long started,
        BoxSpec spec,
        int console,
        List<Integer> ttys,
        int reboots,
        Map<String, Object> unknown) {
    /**
     * The version of the format. A later one only adds fields, or has another number here. Version 1 had the fields of
     * the {@link BoxSpec} in the same file.
     */
    static final long VERSION = 2;

    private static final long BEFORE_VERSIONS = 1;

    /** A shorter run counts as a box that reboots again and again. */
    private static final long SOON_MILLIS = 30_000;

    private static final Set<String> FIELDS = Set.of(
            "version", "id", "boot", "state", "monitor", "init", "stopper", "started", "console", "ttys", "reboots");
    private static final int AT_ONCE = 3;
    private static final int LONGEST_SECONDS = 60;

    /** The same in another state. */
    public BoxRecord in(BoxState other) {
        return new BoxRecord(id, boot, other, monitor, init, null, started, spec, console, ttys, reboots, unknown);
    }

    /** The same while a process stops it; null for none. */
    public BoxRecord stoppedBy(@Nullable ProcessId process) {
        return new BoxRecord(
                id, boot, BoxState.STOPPING, monitor, init, process, started, spec, console, ttys, reboots, unknown);
    }

    /** The same with its processes. */
    public BoxRecord with(@Nullable ProcessId newMonitor, @Nullable ProcessId newInit) {
        return new BoxRecord(
                id, boot, state, newMonitor, newInit, stopper, started, spec, console, ttys, reboots, unknown);
    }

    /** The same with the monitor's descriptors. */
    public BoxRecord with(int newConsole, List<Integer> newTtys) {
        return new BoxRecord(
                id, boot, state, monitor, init, stopper, started, spec, newConsole, newTtys, reboots, unknown);
    }

    /** The same with one more interface, or one less. */
    public BoxRecord with(List<BoxSpec.Nic> nics) {
        return new BoxRecord(
                id, boot, state, monitor, init, stopper, started, spec.with(nics), console, ttys, reboots, unknown);
    }

    /** The number of quick reboots in a row if it reboots now. */
    public int nextReboots() {
        return nextReboots(reboots, System.currentTimeMillis() - started);
    }

    /** The same for a run of this many milliseconds after this many quick reboots. */
    public static int nextReboots(int before, long millis) {
        return millis < SOON_MILLIS ? before + 1 : 0;
    }

    /**
     * The delay before the next start after this many quick reboots: the cost of a start does not count against the
     * box's limits.
     */
    public static int rebootDelaySeconds(int reboots) {
        return reboots < AT_ONCE ? 0 : Math.min(LONGEST_SECONDS, 1 << Math.min(reboots - AT_ONCE, 10));
    }

    /** All fields without those of the spec; the interfaces are included, since they may change while the box runs. */
    public Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("version", VERSION);
        // The name is also in the spec: together they show that a record belongs to this box.
        map.put("name", spec.name());
        map.put("id", id);
        map.put("boot", boot);
        map.put("state", state.name());
        map.put("monitor", toList(monitor));
        map.put("init", toList(init));
        map.put("stopper", toList(stopper));
        map.put("started", started);
        map.put("console", console);
        map.put("ttys", ttys);
        map.put("reboots", reboots);
        List<List<String>> nics = new ArrayList<>();
        for (BoxSpec.Nic nic : spec.nics()) {
            nics.add(nic.toList());
        }
        map.put("nics", nics);
        map.putAll(unknown);
        return map;
    }

    private static List<Long> toList(@Nullable ProcessId process) {
        return process == null ? List.of() : List.of((long) process.pid().number(), process.start());
    }

    /**
     * @param fields of the record and of its spec
     * @throws Fields.MissingException if a field is missing, or of a format that this jbox does not know
     */
    static BoxRecord of(Fields fields) throws Fields.MissingException {
        long version = fields.numberIfThere("version", BEFORE_VERSIONS);
        if (version < BEFORE_VERSIONS || version > VERSION) {
            throw Fields.MissingException.ofNewer();
        }
        List<Integer> ttys = new ArrayList<>();
        for (long tty : fields.numbers("ttys")) {
            ttys.add((int) tty);
        }
        return new BoxRecord(
                fields.text("id"),
                fields.text("boot"),
                fields.state("state"),
                process(fields.numbers("monitor")),
                process(fields.numbers("init")),
                process(fields.numbers("stopper")),
                fields.number("started"),
                BoxSpec.of(fields),
                (int) fields.number("console"),
                List.copyOf(ttys),
                (int) fields.numberIfThere("reboots", 0),
                fields.except(names()));
    }

    private static Set<String> names() {
        Set<String> names = new HashSet<>(FIELDS);
        names.addAll(BoxSpec.FIELDS);
        return names;
    }

    private static @Nullable ProcessId process(List<Long> pair) {
        return pair.size() == 2 ? new ProcessId(new Pid(pair.get(0).intValue()), pair.get(1)) : null;
    }
}
