package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.Fail;
import io.jbox.program.ProcArg;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes the id maps of the box's user namespace (user_namespaces(7)) while its first process waits.
 *
 * <p>Root writes them directly. An unprivileged user may map one id, their own, and loses setgroups(2) by mapping a
 * group; for others newuidmap(1) and newgidmap(1) check who may use them.
 */
final class IdSteps {
    private final Config config;
    private final HostFacts facts;
    private final Place place;

    IdSteps(Config config, HostFacts facts) {
        this.config = config;
        this.facts = facts;
        this.place = config.namespaces().idmap().get(0).place();
    }

    void map(List<Step> steps) {
        if (!config.hasUserNamespace()) {
            return;
        }
        if (deniesSetgroups(config, facts)) {
            steps.add(write("setgroups", "deny"));
        }
        map("uid_map", true, steps);
        map("gid_map", false, steps);
    }

    /** Whether setgroups is denied in the box, as the kernel requires for a group map written without privilege. */
    static boolean deniesSetgroups(Config config, HostFacts facts) {
        return facts.isOrdinary() && config.hasUserNamespace() && isOwn(ids(config, false));
    }

    /** Whether the map is only the one id that every user may map. */
    private static boolean isOwn(List<IdMapping> ids) {
        return ids.size() == 1 && ids.get(0).count() == 1;
    }

    private static List<IdMapping> ids(Config config, boolean users) {
        List<IdMapping> ids = new ArrayList<>();
        for (Value<IdMapping> value : config.namespaces().idmap()) {
            if (users ? value.get().mapsUsers() : value.get().mapsGroups()) {
                ids.add(value.get());
            }
        }
        return ids;
    }

    private void map(String file, boolean users, List<Step> steps) {
        List<IdMapping> ids = ids(config, users);
        if (facts.isOrdinary() && !isOwn(ids)) {
            steps.add(byHelper(users ? "newuidmap" : "newgidmap", file, ids));
            return;
        }
        StringBuilder lines = new StringBuilder();
        for (IdMapping mapping : ids) {
            lines.append(mapping.inside()).append(' ').append(mapping.outside()).append(' ');
            lines.append(mapping.count()).append('\n');
        }
        steps.add(write(file, lines.toString()));
    }

    private Step write(String file, String content) {
        Descriptor map = new Descriptor(file);
        return Step.by(Actor.JBOX, "write the " + file, place)
                .open(map, OPENAT, cwd(), new ProcArg.OfInit(file), flags(O_WRONLY, O_CLOEXEC))
                .call(WRITE, fd(map), text(content), number(content.length()))
                .hint(WRITE, Errno.EINVAL, "do two of the ranges overlap, or is root (0) not among them?")
                .hint(WRITE, Errno.EPERM, "jbox may not map these ids")
                .build();
    }

    private Step byHelper(String program, String file, List<IdMapping> ids) {
        List<Arg> words = new ArrayList<>(List.of(text(program), new ProcArg.InitPid()));
        for (IdMapping mapping : ids) {
            for (long id : new long[] {mapping.inside(), mapping.outside(), mapping.count()}) {
                words.add(text(Long.toString(id)));
            }
        }
        return Step.by(Actor.JBOX, "let " + program + " write the " + file, place)
                .add(new Effect.HostProgram("/usr/bin/" + program, words, null, null))
                .hint(null, Errno.ENOENT, "apt install uidmap")
                .hint(
                        Fail.Reason.STATUS,
                        "are these ids yours by /etc/subuid and /etc/subgid, and is your group your own (newgrp)?")
                .build();
    }
}
