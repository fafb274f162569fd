package io.jbox.state;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of one start of a box, from before its first process exists until after its last has gone.
 *
 * @param id of this start: no two are the same
 * @param boot of the kernel (/proc/sys/kernel/random/boot_id)
 * @param state the last one that somebody has recorded
 * @param monitor null until it exists
 * @param init null until it exists
 * @param stopper who is stopping it; null for nobody
 * @param started when, in milliseconds since 1970
 * @param spec what the start went by
 * @param console number of its descriptor in the monitor; -1 if there is none
 * @param ttys those of tty1 and on
 * @param reboots how often in a row it has rebooted soon after its start
 * @param unknown fields that a later jbox has written, which are kept as they are
 */
public record BoxRecord(
        String id,
        String boot,
        BoxState state,
        @Nullable ProcessId monitor,
        @Nullable ProcessId init,
        @Nullable ProcessId stopper,
        long started,
        Spec spec,
        int console,
        List<Integer> ttys,
        int reboots,
        Map<String, Object> unknown) {
    /**
     * The version of the format. A later one only adds fields, or has another number here. Version 1 had the fields of
     * the {@link Spec} in the same file.
     */
    static final long VERSION = 2;

    private static final long BEFORE_VERSIONS = 1;

    /** A run of less is one of a box that reboots again and again. */
    private static final long SOON_MILLIS = 30_000;

    private static final Set<String> NAMES = Set.of(
            "version",
            "id",
            "boot",
            "state",
            "monitor",
            "init",
            "stopper",
            "started",
            "console",
            "ttys",
            "reboots",
            "name",
            "config",
            "overrides",
            "boxes",
            "rootfs",
            "trees",
            "foreground",
            "halt",
            "reboot",
            "stop",
            "halt_seconds",
            "hooks",
            "hook_timeout",
            "hook_environment",
            "cgroups",
            "namespaces",
            "capabilities",
            "limits",
            "no_new_privs",
            "filtered",
            "labels",
            "root_uid",
            "root_gid",
            "environment",
            "console_log",
            "console_size",
            "groups",
            "ephemeral",
            "nics");
    private static final int AT_ONCE = 3;
    private static final int LONGEST_SECONDS = 60;

    /** What boxes of an older jbox had. */
    private static final long HALT_SECONDS = 60;

    /**
     * What a running box was started with: its configuration may have changed since.
     *
     * @param name of the box
     * @param config path of its configuration
     * @param overrides {@code KEY=VALUE} each
     * @param boxes the folder that boxes are defined in
     * @param rootfs as the configuration has it
     * @param trees of the host that it uses: its root file system with all layers, and what it binds
     * @param foreground whether the box dies with the command that started it
     * @param halt the signal that asks it to halt; 0 where the configuration does not say
     * @param reboot the signal that asks it to reboot
     * @param stop the signal that ends it
     * @param haltSeconds how long it has to halt
     * @param hooks commands by stage that are still to come
     * @param hookTimeout in seconds
     * @param hookEnvironment {@code NAME=VALUE} each
     * @param cgroups its folders
     * @param namespaces that are its own, by the kernel's names in /proc/PID/ns
     * @param capabilities what its programs may have at most, as a mask
     * @param limits of resources that its init began with (getrlimit(2)), by name in lower case: soft and hard, -1 for none
     * @param noNewPrivs whether execve never gives privileges
     * @param filtered whether its programs' system calls are filtered
     * @param labels of security modules that its programs have
     * @param rootUid the host's number of its root user
     * @param rootGid the host's number of its root group
     * @param environment {@code NAME=VALUE} each
     * @param consoleLog path
     * @param consoleSize in bytes
     * @param groups names
     * @param ephemeral whether it is destroyed when it has stopped
     * @param nics its interfaces
     */
    public record Spec(
            String name,
            String config,
            List<String> overrides,
            String boxes,
            String rootfs,
            List<String> trees,
            boolean foreground,
            int halt,
            int reboot,
            int stop,
            long haltSeconds,
            Map<String, List<String>> hooks,
            long hookTimeout,
            List<String> hookEnvironment,
            List<String> cgroups,
            List<String> namespaces,
            long capabilities,
            Map<String, List<Long>> limits,
            boolean noNewPrivs,
            boolean filtered,
            List<String> labels,
            long rootUid,
            long rootGid,
            List<String> environment,
            String consoleLog,
            long consoleSize,
            List<String> groups,
            boolean ephemeral,
            List<Nic> nics) {
        /** What stays the same while the box runs. */
        Map<String, Object> toMap() {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("name", name);
            map.put("config", config);
            map.put("overrides", overrides);
            map.put("boxes", boxes);
            map.put("rootfs", rootfs);
            map.put("trees", trees);
            map.put("foreground", foreground);
            map.put("halt", halt);
            map.put("reboot", reboot);
            map.put("stop", stop);
            map.put("halt_seconds", haltSeconds);
            map.put("hooks", hooks);
            map.put("hook_timeout", hookTimeout);
            map.put("hook_environment", hookEnvironment);
            map.put("cgroups", cgroups);
            map.put("namespaces", namespaces);
            map.put("capabilities", capabilities);
            map.put("limits", limits);
            map.put("no_new_privs", noNewPrivs);
            map.put("filtered", filtered);
            map.put("labels", labels);
            map.put("root_uid", rootUid);
            map.put("root_gid", rootGid);
            map.put("environment", environment);
            map.put("console_log", consoleLog);
            map.put("console_size", consoleSize);
            map.put("groups", groups);
            map.put("ephemeral", ephemeral);
            return map;
        }
    }

    /**
     * One of the box's interfaces.
     *
     * @param type veth, phys and so on
     * @param name in the box, at first
     * @param link of the configuration; empty for none
     * @param pair the host's end of a veth; empty for other types
     * @param pairAddress the hardware address of that end, where its name is written; empty where it was chosen
     * @param scriptDown command to run when the box has ended; empty for none
     */
    public record Nic(String type, String name, String link, String pair, String pairAddress, String scriptDown) {
        private List<String> toList() {
            return List.of(type, name, link, pair, pairAddress, scriptDown);
        }
    }

    /** The same in another state. */
    public BoxRecord in(BoxState other) {
        return new BoxRecord(id, boot, other, monitor, init, null, started, spec, console, ttys, reboots, unknown);
    }

    /** The same while somebody stops it. */
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
    public BoxRecord with(List<Nic> nics) {
        Spec changed = new Spec(
                spec.name,
                spec.config,
                spec.overrides,
                spec.boxes,
                spec.rootfs,
                spec.trees,
                spec.foreground,
                spec.halt,
                spec.reboot,
                spec.stop,
                spec.haltSeconds,
                spec.hooks,
                spec.hookTimeout,
                spec.hookEnvironment,
                spec.cgroups,
                spec.namespaces,
                spec.capabilities,
                spec.limits,
                spec.noNewPrivs,
                spec.filtered,
                spec.labels,
                spec.rootUid,
                spec.rootGid,
                spec.environment,
                spec.consoleLog,
                spec.consoleSize,
                spec.groups,
                spec.ephemeral,
                List.copyOf(nics));
        return new BoxRecord(
                id, boot, state, monitor, init, stopper, started, changed, console, ttys, reboots, unknown);
    }

    /** How often in a row it has rebooted soon after its start if it reboots now. */
    public int nextReboots() {
        return nextReboots(reboots, System.currentTimeMillis() - started);
    }

    /** The same for a run of so many milliseconds of a box that had done so so often before. */
    public static int nextReboots(int before, long millis) {
        return millis < SOON_MILLIS ? before + 1 : 0;
    }

    /** How long a box waits that has rebooted so often in a row: what that costs is outside of its limits. */
    public static int rebootDelaySeconds(int reboots) {
        return reboots < AT_ONCE ? 0 : Math.min(LONGEST_SECONDS, 1 << Math.min(reboots - AT_ONCE, 10));
    }

    /** Everything but what the box was started with; its interfaces may change while it runs. */
    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("version", VERSION);
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
        for (Nic nic : spec.nics) {
            nics.add(nic.toList());
        }
        map.put("nics", nics);
        map.putAll(unknown);
        return map;
    }

    private static List<Long> toList(@Nullable ProcessId process) {
        return process == null ? List.of() : List.of((long) process.pid(), process.start());
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
        Map<String, List<String>> hooks = new LinkedHashMap<>();
        Fields stages = fields.fields("hooks");
        for (String stage : stages.names()) {
            hooks.put(stage, stages.texts(stage));
        }
        List<Integer> ttys = new ArrayList<>();
        for (long tty : fields.numbers("ttys")) {
            ttys.add((int) tty);
        }
        Spec spec = new Spec(
                fields.text("name"),
                fields.text("config"),
                fields.texts("overrides"),
                fields.text("boxes"),
                fields.text("rootfs"),
                fields.textsIfThere("trees"),
                fields.bool("foreground"),
                (int) fields.number("halt"),
                (int) fields.number("reboot"),
                (int) fields.number("stop"),
                fields.numberIfThere("halt_seconds", HALT_SECONDS),
                hooks,
                fields.number("hook_timeout"),
                fields.texts("hook_environment"),
                fields.texts("cgroups"),
                fields.texts("namespaces"),
                fields.number("capabilities"),
                limits(fields),
                fields.bool("no_new_privs"),
                fields.bool("filtered"),
                fields.texts("labels"),
                fields.number("root_uid"),
                fields.number("root_gid"),
                fields.texts("environment"),
                fields.text("console_log"),
                fields.number("console_size"),
                fields.texts("groups"),
                fields.bool("ephemeral"),
                nics(fields));
        return new BoxRecord(
                fields.text("id"),
                fields.text("boot"),
                fields.state("state"),
                process(fields.numbers("monitor")),
                process(fields.numbers("init")),
                process(fields.numbers("stopper")),
                fields.number("started"),
                spec,
                (int) fields.number("console"),
                List.copyOf(ttys),
                (int) fields.numberIfThere("reboots", 0),
                fields.except(NAMES));
    }

    private static Map<String, List<Long>> limits(Fields fields) throws Fields.MissingException {
        Map<String, List<Long>> limits = new LinkedHashMap<>();
        // Boxes of an older jbox have none.
        if (fields.names().contains("limits")) {
            Fields all = fields.fields("limits");
            for (String resource : all.names()) {
                List<Long> limit = all.numbers(resource);
                if (limit.size() == 2) {
                    limits.put(resource, limit);
                }
            }
        }
        return limits;
    }

    private static List<Nic> nics(Fields fields) throws Fields.MissingException {
        List<Nic> nics = new ArrayList<>();
        for (List<String> texts : fields.lists("nics")) {
            if (texts.size() == 6) {
                nics.add(new Nic(texts.get(0), texts.get(1), texts.get(2), texts.get(3), texts.get(4), texts.get(5)));
            }
        }
        return List.copyOf(nics);
    }

    private static @Nullable ProcessId process(List<Long> pair) {
        return pair.size() == 2 ? new ProcessId(pair.get(0).intValue(), pair.get(1)) : null;
    }
}
