package io.jbox.plan;

import io.jbox.config.Config;
import io.jbox.facts.Environment;
import io.jbox.facts.Launch;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The arguments and environment of hooks: LXC's (lxc.container.conf(5)), with each variable also under a JBOX_ name.
 */
public final class HookEnvironment {
    private HookEnvironment() {}

    /**
     * The shell command line of a hook, which may be several commands: LXC appends the box's name, a section and the
     * stage.
     */
    public static String line(String box, String stage, String command) {
        return command + " " + box + " lxc " + stage;
    }

    /** The variables of a hook, as {@code NAME=VALUE}. */
    public static List<String> of(Config config, String stage, Launch.@Nullable Supervision supervision) {
        List<String> all = new ArrayList<>();
        all.add(Environment.PATH);
        add("NAME", config.name().get(), all);
        add("CONFIG_FILE", config.place().source().name(), all);
        add("ROOTFS_PATH", config.rootfs().path().get().toString(), all);
        add("HOOK_TYPE", stage, all);
        add("HOOK_SECTION", "lxc", all);
        add("HOOK_VERSION", "0", all);
        add("CGNS_AWARE", "1", all);
        add("LOG_LEVEL", config.log().level().get().toUpperCase(Locale.ROOT), all);
        if (supervision != null) {
            add("ROOTFS_MOUNT", stage.equals("start") ? "/" : supervision.rootfsMount(), all);
            add("CONSOLE_LOGPATH", supervision.folder() + "/console.log", all);
        }
        return all;
    }

    /** Adds a variable under both its names. */
    public static void add(String name, String value, List<String> variables) {
        variables.add("LXC_" + name + "=" + value);
        variables.add("JBOX_" + name + "=" + value);
    }
}
