package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Capability;
import io.jbox.config.Config;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Label;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Chooses and applies the Linux security module labels of a box. */
public final class LabelSteps {
    private LabelSteps() {}

    /** The labels of a box. */
    public static List<Label> of(Config config, HostFacts facts) {
        List<Label> labels = new ArrayList<>();
        String profile = profile(config, facts);
        if (!profile.isEmpty()) {
            labels.add(new Label(Label.APPARMOR_EXEC, "exec " + profile));
        }
        Value<String> context = config.confinement().selinux();
        if (context != null) {
            labels.add(new Label(Label.SELINUX_EXEC, context.get()));
        }
        return labels;
    }

    /**
     * The box's AppArmor profile; empty for none. Only root can load jbox's own profiles; one of them permits mounts to
     * a box that has the capability.
     */
    private static String profile(Config config, HostFacts facts) {
        String wanted = config.confinement().appArmor().get();
        if (!facts.exists(Label.APPARMOR_PROFILES) || wanted.equals("unconfined")) {
            return "";
        }
        if (!wanted.equals("generated")) {
            return wanted;
        }
        return generated(config, facts);
    }

    /** The name of the jbox profile used by a box; empty if it uses none. */
    public static String generated(Config config, HostFacts facts) {
        boolean may =
                !facts.isOrdinary() && facts.exists(Label.APPARMOR_PROFILES) && facts.exists(Label.APPARMOR_PARSER);
        if (!may || !config.confinement().appArmor().get().equals("generated")) {
            return "";
        }
        boolean mounts = Grants.capabilities(config, facts).contains(Capability.SYS_ADMIN);
        return mounts ? "jbox-mounts-1" : "jbox-box-1";
    }

    /** Loads jbox's profile if the box uses it. */
    static void load(Config config, HostFacts facts, List<Step> steps) {
        String name = generated(config, facts);
        if (!name.isEmpty()) {
            steps.add(Step.by(
                            Actor.JBOX,
                            "load the profile " + name,
                            config.confinement().appArmor().place())
                    .add(new Effect.LoadProfile(name))
                    .build());
        }
    }

    /** Refuses labels that the host does not support. */
    static void refuseWhatIsNotThere(Config config, HostFacts facts, List<Problem> problems) {
        Value<String> profile = config.confinement().appArmor();
        boolean named = !List.of("generated", "unconfined").contains(profile.get());
        if (named && !facts.exists(Label.APPARMOR_PROFILES)) {
            problems.add(new Problem(
                    "apparmor.profile: this host does not use AppArmor", profile.place(), "see jbox check"));
        }
        Value<String> context = config.confinement().selinux();
        if (context != null && !facts.exists(Label.SELINUX)) {
            problems.add(
                    new Problem("selinux.context: this host does not use SELinux", context.place(), "see jbox check"));
        }
    }

    /** Opens the process's own attribute file while its /proc is the host's. */
    static Step open(Label label, Actor actor, Place place) {
        return Step.by(actor, "open the security module's attribute file", place)
                .open(
                        descriptor(label),
                        OPENAT,
                        cwd(),
                        new Arg.Text("/proc/thread-self/" + label.file()),
                        flags(O_WRONLY, O_CLOEXEC))
                .build();
    }

    /** Sets the label of the next executed program. */
    static Step confine(Label label, Actor actor, Place place) {
        int length = label.text().getBytes(StandardCharsets.UTF_8).length;
        return Step.by(actor, "be confined: \"" + label.text() + "\"", place)
                .call(WRITE, fd(descriptor(label)), new Arg.Text(label.text()), number(length))
                .hint(
                        WRITE,
                        Errno.ENOENT,
                        "AppArmor has no such profile: the next start loads one of jbox's own; apparmor_parser -r FILE loads others")
                .hint(WRITE, Errno.EINVAL, "SELinux has no such context")
                .build();
    }

    private static Descriptor descriptor(Label label) {
        return new Descriptor(label.file().replace('/', '-'));
    }
}
