package io.jbox.facts;

import io.jbox.config.Config;
import io.jbox.config.Value;
import io.jbox.problem.Place;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a Linux security module is to confine a box's programs by, from their next execve on: AppArmor's profile, SELinux's
 * context (proc_pid_attr(5)).
 *
 * @param file of the process, below /proc/thread-self
 * @param text what is written there
 */
public record Label(String file, String text) {
    /** There where AppArmor is in use; the profiles that are loaded, a line each. */
    public static final String APPARMOR_PROFILES = "/sys/kernel/security/apparmor/profiles";
    /** What loads profiles. */
    public static final String APPARMOR_PARSER = "/usr/sbin/apparmor_parser";

    public static final String SELINUX = "/sys/fs/selinux/enforce";
    public static final String APPARMOR_EXEC = "attr/apparmor/exec";
    public static final String SELINUX_EXEC = "attr/exec";

    /** The paths of the host that decide on what there is. */
    public static List<String> candidates() {
        return List.of(APPARMOR_PROFILES, APPARMOR_PARSER, SELINUX);
    }

    /** Where a configuration asks for it. */
    public Place place(Config config) {
        Value<String> context = config.selinux();
        return file.equals(SELINUX_EXEC) && context != null
                ? context.place()
                : config.appArmor().place();
    }

    /** As it is kept in a box's record. */
    @Override
    public String toString() {
        return file + " " + text;
    }

    /** One of a box's record; null for what is none. */
    public static @Nullable Label parse(String kept) {
        int space = kept.indexOf(' ');
        return space < 0 ? null : new Label(kept.substring(0, space), kept.substring(space + 1));
    }
}
