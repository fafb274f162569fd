package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.config.Developer;
import io.jbox.config.MountEntry;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.facts.Launch;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes the developer a user of the box ({@code dev}): a line in /etc/passwd and /etc/group, and a home folder. */
final class DeveloperSteps {
    private final Config config;
    private final HostFacts facts;

    DeveloperSteps(Config config, HostFacts facts) {
        this.config = config;
        this.facts = facts;
    }

    /** Makes the folders on the host that the box mounts: the caches, and that of the sockets to the ssh-agent(1). */
    void makeFolders(Launch.Supervision supervision, List<Step> steps) {
        Config.Dev dev = config.dev();
        if (dev == null) {
            return;
        }
        List<String> caches = new ArrayList<>();
        for (Value<String> cache : dev.caches()) {
            caches.add(cache.get());
        }
        if (!caches.isEmpty()) {
            steps.add(Step.by(
                            Actor.JBOX,
                            "make the caches that are missing",
                            dev.caches().get(0).place())
                    .add(new Effect.MakeCaches(caches))
                    .build());
        }
        if (dev.passes(Config.Dev.AGENT)) {
            steps.add(Step.by(Actor.JBOX, "make the folder of the sockets to the agent", dev.place())
                    .add(new Effect.MakeAgentFolder(supervision.folder() + "/agent"))
                    .build());
        }
    }

    /** Makes the user and the home folder, before anything is mounted below that. */
    void welcome(List<Step> steps) {
        Config.Dev dev = config.dev();
        if (dev == null) {
            return;
        }
        Developer developer = dev.developer();
        if (facts.isOrdinary() && config.rootfs().path().get().isOverlay()) {
            // The upper folder belongs to the developer, who is not the box's root.
            steps.add(Step.by(Actor.INIT, "give the root folder to the box's root", dev.place())
                    .call(FCHOWNAT, fd(Descriptors.ROOTFS), text(""), number(0), number(0), flags(AT_EMPTY_PATH))
                    .build());
        }
        if (developer.uid() == 0) {
            return;
        }
        HostFacts.Accounts accounts = facts.etc().accounts();
        if (accounts != null) {
            EtcFiles files = new EtcFiles(config, facts);
            files.write("passwd", passwd(developer, accounts), accounts.passwd(), dev.place(), steps);
            files.write("group", group(developer, accounts.group()), accounts.group(), dev.place(), steps);
        }
        for (String folder : folders(developer.home())) {
            steps.add(folder(folder, developer, dev.place()));
        }
    }

    /**
     * Removes other lines with this name, and puts the new line before those with the same id, so that both lookups
     * find the developer.
     */
    private static String passwd(Developer developer, HostFacts.Accounts accounts) {
        String line = developer.name() + ":x:" + developer.uid() + ":" + developer.gid() + "::" + developer.home() + ":"
                + accounts.shell() + "\n";
        return first(line, accounts.passwd());
    }

    private static String group(Developer developer, @Nullable String before) {
        if (before == null) {
            return first(developer.name() + ":x:" + developer.gid() + ":\n", "");
        }
        for (String line : before.split("\n")) {
            String[] fields = line.split(":", -1);
            if (fields.length > 2 && fields[2].equals(Long.toString(developer.gid()))) {
                return before;
            }
        }
        return first(developer.name() + ":x:" + developer.gid() + ":\n", before);
    }

    private static String first(String own, @Nullable String before) {
        StringBuilder text = new StringBuilder(own);
        String name = own.substring(0, own.indexOf(':') + 1);
        for (String line : before == null || before.isEmpty() ? new String[0] : before.split("\n")) {
            if (!line.startsWith(name)) {
                text.append(line).append('\n');
            }
        }
        return text.toString();
    }

    /** The home folder, and the folders between it and the mounts below it, parents first. */
    private Set<String> folders(String home) {
        Set<String> folders = new LinkedHashSet<>();
        folders.add(home.substring(1));
        for (Value<MountEntry> entry : config.mount().entries()) {
            String target = "/" + entry.get().target();
            if (target.startsWith(home + "/")) {
                for (int slash = target.indexOf('/', home.length() + 1);
                        slash > 0;
                        slash = target.indexOf('/', slash + 1)) {
                    folders.add(target.substring(1, slash));
                }
            }
        }
        return folders;
    }

    /** Makes a folder; an existing one stays as it is. */
    private static Step folder(String path, Developer developer, Place place) {
        Step.Draft step = Step.by(Actor.INIT, "make the developer's folder \"/" + path + "\"", place);
        Descriptor folder = Descriptors.ROOTFS;
        String[] parts = path.split("/");
        StringBuilder above = new StringBuilder();
        for (int i = 0; i < parts.length - 1; i++) {
            step.tolerate(MKDIRAT, fd(folder), text(parts[i]), DataArg.mode(0755));
            above.append(i == 0 ? "" : "/").append(parts[i]);
            folder = new Descriptor("home-folder" + i);
            MountCalls.openTarget(step, folder, above.toString(), true);
        }
        String name = parts[parts.length - 1];
        return step.add(MKDIRAT, Call.Outcome.ELSE_SKIP_STEP, null, fd(folder), text(name), DataArg.mode(0755))
                .call(
                        FCHOWNAT,
                        fd(folder),
                        text(name),
                        number(developer.uid()),
                        number(developer.gid()),
                        flags(AT_SYMLINK_NOFOLLOW))
                .optional()
                .build();
    }
}
