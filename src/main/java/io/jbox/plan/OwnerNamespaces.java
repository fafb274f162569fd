package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.config.KeptIds;
import io.jbox.facts.IdMap;
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
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Makes user namespaces without processes, for their maps alone. An idmapped mount takes its map from a user namespace
 * (mount_setattr(2)), and a map in which a single user keeps their id differs from the box's.
 */
final class OwnerNamespaces {
    private static final Descriptor TIE = new Descriptor("owners-tie");
    private static final Descriptor HELD = new Descriptor("owners-tie-held");
    /** Reports that the namespace exists, and keeps it until standard input ends. */
    private static final String WAIT = "printf 1; exec >&- 2>&-; read -r end";

    private final IdMap ids;
    private final Set<KeptIds> made = new HashSet<>();

    OwnerNamespaces(Config config) {
        this.ids = config.hasUserNamespace() ? new IdMap(config.namespaces().idmap()) : new IdMap(List.of());
    }

    /** The namespace that maps these ids to the box's ids of the same number, and no other ids. */
    Descriptor keeping(KeptIds kept, Place place, List<Step> steps) {
        Descriptor namespace = new Descriptor("owners-" + kept.uid() + "-" + kept.gid());
        if (made.isEmpty()) {
            steps.add(Step.by(Actor.JBOX, "make the pipe that ends the helper programs for owner mappings", place)
                    .call(PIPE2, new Arg.Pair(TIE, HELD), flags(O_CLOEXEC))
                    .build());
        }
        if (!made.add(kept)) {
            return namespace;
        }
        Descriptor program = new Descriptor(namespace.name() + "-program");
        List<Arg> words = new ArrayList<>();
        for (String word : List.of("unshare", "--user", "--", "/bin/sh", "-c", WAIT)) {
            words.add(text(word));
        }
        steps.add(Step.by(Actor.JBOX, "make a user namespace for the map of " + kept.uid() + ":" + kept.gid(), place)
                .add(new Effect.HostProgram("/usr/bin/unshare", words, TIE, program))
                .hint(null, Errno.ENOENT, "apt install util-linux")
                .hint(Fail.Reason.STATUS, "does this host allow user namespaces (sysctl user.max_user_namespaces)?")
                .build());
        Step.Draft step = Step.by(Actor.JBOX, "map " + kept.uid() + ":" + kept.gid() + " to itself in the box", place);
        map(step, program, "uid_map", kept.uid(), ids.hostUid(kept.uid()).number());
        map(step, program, "gid_map", kept.gid(), ids.hostGid(kept.gid()).number());
        steps.add(step.open(
                        namespace, OPENAT, cwd(), new ProcArg.OfProgram(program, "ns/user"), flags(O_RDONLY, O_CLOEXEC))
                .build());
        return namespace;
    }

    private static void map(Step.Draft step, Descriptor program, String file, long inside, long outside) {
        Descriptor map = new Descriptor(program.name() + "-" + file);
        String line = inside + " " + outside + " 1\n";
        step.open(map, OPENAT, cwd(), new ProcArg.OfProgram(program, file), flags(O_WRONLY, O_CLOEXEC))
                .call(WRITE, fd(map), text(line), number(line.length()))
                .call(CLOSE, fd(map))
                .hint(WRITE, Errno.EINVAL, "the box has no id " + inside + "; its idmap must contain it");
    }

    /** Ends the programs: the mounts keep the maps. */
    void end(List<Step> steps) {
        if (!made.isEmpty()) {
            steps.add(Step.by(Actor.JBOX, "end the programs behind maps of owners", Place.DEFAULT)
                    .call(CLOSE, fd(HELD))
                    .call(CLOSE, fd(TIE))
                    .build());
        }
    }
}
