package io.jbox.facts;

import io.jbox.config.Config;
import io.jbox.config.Value;
import io.jbox.problem.Place;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A security module label that confines a box's programs from their next execve on: an AppArmor profile or SELinux
 * context (proc_pid_attr(5)).
 *
 * @param file to write it to, below /proc/thread-self
 * @param text of the label
 */
public record Label(String file, String text) {
    /** The loaded profiles, one per line; exists if AppArmor is in use. */
    public static final String APPARMOR_PROFILES = "/sys/kernel/security/apparmor/profiles";
    /** The program that loads profiles. */
    public static final String APPARMOR_PARSER = "/usr/sbin/apparmor_parser";

    public static final String SELINUX = "/sys/fs/selinux/enforce";
    public static final String APPARMOR_EXEC = "attr/apparmor/exec";
    public static final String SELINUX_EXEC = "attr/exec";

    /** The host paths that tell which modules exist. */
    public static List<String> candidates() {
        return List.of(APPARMOR_PROFILES, APPARMOR_PARSER, SELINUX);
    }

    /** The place in the configuration that asks for the label. */
    public Place place(Config config) {
        Value<String> context = config.confinement().selinux();
        return file.equals(SELINUX_EXEC) && context != null
                ? context.place()
                : config.confinement().appArmor().place();
    }

    /** Returns the label as stored in a box's record. */
    @Override
    public String toString() {
        return file + " " + text;
    }

    /** Parses a label from a box's record; null if invalid. */
    public static @Nullable Label parse(String kept) {
        int space = kept.indexOf(' ');
        return space < 0 ? null : new Label(kept.substring(0, space), kept.substring(space + 1));
    }
}
