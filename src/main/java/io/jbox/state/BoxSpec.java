package io.jbox.state;

import io.jbox.number.Bytes;
import io.jbox.number.HostGid;
import io.jbox.number.HostUid;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a running box was started with: its configuration may have changed since.
 *
 * @param name of the box
 * @param origin its configuration and trees
 * @param ending how it ends
 * @param hooks for the box's end
 * @param isolation its cgroups, namespaces and ids
 * @param confinement the restrictions of its programs
 * @param environment {@code NAME=VALUE} each
 * @param console the log of its output
 * @param nics its interfaces
 */
public record BoxSpec(
        String name,
        Origin origin,
        Ending ending,
        Hooks hooks,
        Isolation isolation,
        Confinement confinement,
        List<String> environment,
        Console console,
        List<Nic> nics) {
    /** The names of all fields in its file. */
    static final List<String> FIELDS = List.of(
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

    /** The value for boxes started by an older jbox. */
    private static final long HALT_SECONDS = 60;

    /**
     * Where a box comes from.
     *
     * @param config path of its configuration
     * @param overrides {@code KEY=VALUE} each
     * @param boxes the folder that boxes are defined in
     * @param rootfs as the configuration has it
     * @param trees of the host that it uses: its root file system with all layers, and the sources of bind mounts
     * @param groups of boxes that it is in, by name
     */
    public record Origin(
            String config,
            List<String> overrides,
            String boxes,
            String rootfs,
            List<String> trees,
            List<String> groups) {}

    /**
     * How a box ends.
     *
     * @param foreground whether it dies with the command that started it
     * @param ephemeral whether it is destroyed when it has stopped
     * @param halt the signal that asks it to halt; 0 if not configured
     * @param reboot the signal that asks it to reboot
     * @param stop the signal that ends it
     * @param haltSeconds how long it has to halt
     */
    public record Ending(boolean foreground, boolean ephemeral, int halt, int reboot, int stop, long haltSeconds) {}

    /**
     * What runs on the host when a box ends.
     *
     * @param commands by stage
     * @param timeout in seconds
     * @param environment {@code NAME=VALUE} each
     */
    public record Hooks(Map<String, List<String>> commands, long timeout, List<String> environment) {
        /** The commands of a stage, in order. */
        public List<String> of(String stage) {
            return commands.getOrDefault(stage, List.of());
        }
    }

    /**
     * The isolation of a box.
     *
     * @param cgroups the folders of its cgroups
     * @param namespaces by the kernel's names in /proc/PID/ns
     * @param rootUid its root user
     * @param rootGid its root group
     */
    public record Isolation(List<String> cgroups, List<String> namespaces, HostUid rootUid, HostGid rootGid) {}

    /**
     * How the programs of a box are confined.
     *
     * @param capabilities that they may have at most, as a mask
     * @param limits of resources that init began with (getrlimit(2)), by name in lower case: soft and hard, -1 for none
     * @param noNewPrivs whether execve never gives privileges
     * @param filtered whether their system calls are filtered
     * @param labels of security modules that they have
     */
    public record Confinement(
            long capabilities,
            Map<String, List<Long>> limits,
            boolean noNewPrivs,
            boolean filtered,
            List<String> labels) {}

    /**
     * Where the output of a box is kept.
     *
     * @param log path
     */
    public record Console(String log, Bytes size) {}

    /**
     * One of the box's interfaces.
     *
     * @param type veth, phys and so on
     * @param name in the box, at first
     * @param link of the configuration; empty for none
     * @param pair the host's end of a veth; empty for other types
     * @param pairAddress the hardware address of that end if its name is configured; empty if the name was chosen
     * @param scriptDown command to run when the box has ended; empty for none
     */
    public record Nic(String type, String name, String link, String pair, String pairAddress, String scriptDown) {
        List<String> toList() {
            return List.of(type, name, link, pair, pairAddress, scriptDown);
        }
    }

    /** The same with other interfaces. */
    BoxSpec with(List<Nic> others) {
        return new BoxSpec(
                name, origin, ending, hooks, isolation, confinement, environment, console, List.copyOf(others));
    }

    /** What stays the same while the box runs. */
    public Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("name", name);
        map.put("config", origin.config);
        map.put("overrides", origin.overrides);
        map.put("boxes", origin.boxes);
        map.put("rootfs", origin.rootfs);
        map.put("trees", origin.trees);
        map.put("foreground", ending.foreground);
        map.put("halt", ending.halt);
        map.put("reboot", ending.reboot);
        map.put("stop", ending.stop);
        map.put("halt_seconds", ending.haltSeconds);
        map.put("hooks", hooks.commands);
        map.put("hook_timeout", hooks.timeout);
        map.put("hook_environment", hooks.environment);
        map.put("cgroups", isolation.cgroups);
        map.put("namespaces", isolation.namespaces);
        map.put("capabilities", confinement.capabilities);
        map.put("limits", confinement.limits);
        map.put("no_new_privs", confinement.noNewPrivs);
        map.put("filtered", confinement.filtered);
        map.put("labels", confinement.labels);
        map.put("root_uid", isolation.rootUid.number());
        map.put("root_gid", isolation.rootGid.number());
        map.put("environment", environment);
        map.put("console_log", console.log);
        map.put("console_size", console.size.number());
        map.put("groups", origin.groups);
        map.put("ephemeral", ending.ephemeral);
        return map;
    }

    /** @throws Fields.MissingException if a field is missing */
    static BoxSpec of(Fields fields) throws Fields.MissingException {
        Map<String, List<String>> hooks = new LinkedHashMap<>();
        Fields stages = fields.fields("hooks");
        for (String stage : stages.names()) {
            hooks.put(stage, stages.texts(stage));
        }
        return new BoxSpec(
                fields.text("name"),
                new Origin(
                        fields.text("config"),
                        fields.texts("overrides"),
                        fields.text("boxes"),
                        fields.text("rootfs"),
                        fields.textsIfThere("trees"),
                        fields.texts("groups")),
                new Ending(
                        fields.bool("foreground"),
                        fields.bool("ephemeral"),
                        (int) fields.number("halt"),
                        (int) fields.number("reboot"),
                        (int) fields.number("stop"),
                        fields.numberIfThere("halt_seconds", HALT_SECONDS)),
                new Hooks(hooks, fields.number("hook_timeout"), fields.texts("hook_environment")),
                new Isolation(
                        fields.texts("cgroups"),
                        fields.texts("namespaces"),
                        new HostUid(fields.number("root_uid")),
                        new HostGid(fields.number("root_gid"))),
                new Confinement(
                        fields.number("capabilities"),
                        limits(fields),
                        fields.bool("no_new_privs"),
                        fields.bool("filtered"),
                        fields.texts("labels")),
                fields.texts("environment"),
                new Console(fields.text("console_log"), new Bytes(fields.number("console_size"))),
                nics(fields));
    }

    private static Map<String, List<Long>> limits(Fields fields) throws Fields.MissingException {
        Map<String, List<Long>> limits = new LinkedHashMap<>();
        // Boxes started by an older jbox have none.
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
}
