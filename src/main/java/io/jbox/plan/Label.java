package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;

import io.jbox.config.Capability;
import io.jbox.config.Config;
import io.jbox.config.Value;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.Step;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
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

    private static final String SELINUX = "/sys/fs/selinux/enforce";
    private static final String APPARMOR_EXEC = "attr/apparmor/exec";
    private static final String SELINUX_EXEC = "attr/exec";

    /** The paths of the host that decide on what there is. */
    static List<String> candidates() {
        return List.of(APPARMOR_PROFILES, APPARMOR_PARSER, SELINUX);
    }

    /** Those of a box. */
    public static List<Label> of(Config config, HostFacts facts) {
        List<Label> labels = new ArrayList<>();
        String profile = profile(config, facts);
        if (!profile.isEmpty()) {
            labels.add(new Label(APPARMOR_EXEC, "exec " + profile));
        }
        Value<String> context = config.selinux();
        if (context != null) {
            labels.add(new Label(SELINUX_EXEC, context.get()));
        }
        return labels;
    }

    /** Where a configuration asks for it. */
    public Place place(Config config) {
        Value<String> context = config.selinux();
        return file.equals(SELINUX_EXEC) && context != null
                ? context.place()
                : config.appArmor().place();
    }

    /**
     * AppArmor's profile for a box; empty for none. jbox's own, of which one lets a box mount that has the capability for
     * it, is root's to load.
     */
    private static String profile(Config config, HostFacts facts) {
        String wanted = config.appArmor().get();
        if (!facts.exists(APPARMOR_PROFILES) || wanted.equals("unconfined")) {
            return "";
        }
        if (!wanted.equals("generated")) {
            return wanted;
        }
        return generated(config, facts);
    }

    /** The name of jbox's own profile that a box has; empty where it has none of these. */
    public static String generated(Config config, HostFacts facts) {
        boolean may = !facts.isOrdinary() && facts.exists(APPARMOR_PROFILES) && facts.exists(APPARMOR_PARSER);
        if (!may || !config.appArmor().get().equals("generated")) {
            return "";
        }
        boolean mounts = Planner.capabilities(config, facts).contains(Capability.SYS_ADMIN);
        return mounts ? "jbox-mounts-1" : "jbox-box-1";
    }

    /** Has jbox's own profile loaded, where the box is to have it. */
    static void load(Config config, HostFacts facts, List<Step> steps) {
        String name = generated(config, facts);
        if (!name.isEmpty()) {
            steps.add(Step.by(
                            Actor.JBOX,
                            "have the profile " + name + " loaded",
                            config.appArmor().place())
                    .effect(Effect.Kind.LOAD_PROFILE, Arg.text(name))
                    .build());
        }
    }

    /** What is asked for and the host does not have. */
    static void refuseWhatIsNotThere(Config config, HostFacts facts, List<Problem> problems) {
        Value<String> profile = config.appArmor();
        boolean named = !List.of("generated", "unconfined").contains(profile.get());
        if (named && !facts.exists(APPARMOR_PROFILES)) {
            problems.add(new Problem(
                    "apparmor.profile: this host does not use AppArmor", profile.place(), "jbox check tells of it"));
        }
        Value<String> context = config.selinux();
        if (context != null && !facts.exists(SELINUX)) {
            problems.add(new Problem(
                    "selinux.context: this host does not use SELinux", context.place(), "jbox check tells of it"));
        }
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

    private Descriptor descriptor() {
        return new Descriptor(file.replace('/', '-'));
    }

    /** Opens the process's own file, while its /proc is the host's. */
    Step open(Actor actor, Place place) {
        return Step.by(actor, "open what a security module is told by", place)
                .open(
                        descriptor(),
                        "openat",
                        cwd(),
                        new Arg.Text("/proc/thread-self/" + file),
                        flags("O_WRONLY", "O_CLOEXEC"))
                .build();
    }

    /** Says by what its next program is confined. */
    Step confine(Actor actor, Place place) {
        int length = text.getBytes(StandardCharsets.UTF_8).length;
        return Step.by(actor, "be confined: \"" + text + "\"", place)
                .call("write", fd(descriptor()), new Arg.Text(text), number(length))
                .hint(
                        "write",
                        "ENOENT",
                        "AppArmor has no such profile: the next start loads one of jbox's own; apparmor_parser -r FILE loads others")
                .hint("write", "EINVAL", "SELinux has no such context")
                .build();
    }
}
