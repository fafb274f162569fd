package io.jbox.plan;

import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Capability;
import io.jbox.config.Config;
import io.jbox.config.Limit;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Flag;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Sets the limits, capabilities and ids of the box's program, each while it is still permitted. */
final class CredentialSteps {
    private static final Limit NONE = new Limit(0, 0);
    private static final String MORE_IDS =
            "; an unprivileged user's boxes have those of /etc/subuid and /etc/subgid: usermod --add-subuids 100000-165535"
                    + " --add-subgids 100000-165535 USER";

    private final Config config;
    private final HostFacts facts;
    private final Place place;

    CredentialSteps(Config config, HostFacts facts) {
        this.config = config;
        this.facts = facts;
        this.place = config.confinement().cap().place();
    }

    /** Becomes root of the user namespace; all later steps run as that. */
    void becomeRoot(List<Step> steps) {
        if (!config.hasUserNamespace()) {
            return;
        }
        steps.add(become(
                Actor.INIT,
                0,
                0,
                groups(List.of()),
                config.namespaces().idmap().get(0).place(),
                "become the user namespace's root"));
    }

    /** The final steps: limits, then capabilities and ids. */
    void drop(List<Step> steps) {
        for (String scheduling : Grants.SCHEDULING) {
            if (!config.resources().prlimit().containsKey(scheduling)) {
                steps.add(limit(scheduling, new Value<>(Grants.NONE, Place.DEFAULT)));
            }
        }
        for (Map.Entry<String, Value<Limit>> limit :
                config.resources().prlimit().entrySet()) {
            steps.add(limit(limit.getKey(), limit.getValue()));
        }
        if (config.confinement().noNewPrivs().get()) {
            steps.add(Step.by(
                            Actor.INIT,
                            "give up new privileges",
                            config.confinement().noNewPrivs().place())
                    .call(PRCTL, flags(PR_SET_NO_NEW_PRIVS), number(1), number(0), number(0), number(0))
                    .build());
        }
        Set<Capability> kept = Grants.capabilities(config, facts);
        steps.add(dropBounding(Actor.INIT, kept, facts, place));
        ids(steps, kept);
    }

    /** Drops all other capabilities from the bounding set. */
    static Step dropBounding(Actor actor, Set<Capability> kept, HostFacts facts, Place place) {
        Step.Draft bounding = Step.by(actor, "drop capabilities for good", place);
        for (Capability capability : Capability.values()) {
            if (capability.ordinal() <= facts.lastCapability() && !kept.contains(capability)) {
                bounding.call(PRCTL, flags(PR_CAPBSET_DROP), number(capability.ordinal()));
            }
        }
        for (int unknown = Capability.values().length; unknown <= facts.lastCapability(); unknown++) {
            if (facts.anyHost()) {
                bounding.tolerate(PRCTL, flags(PR_CAPBSET_DROP), number(unknown));
            } else {
                bounding.call(PRCTL, flags(PR_CAPBSET_DROP), number(unknown));
            }
        }
        return bounding.hint(null, Errno.EPERM, "jbox needs root for this: sudo jbox ...")
                .build();
    }

    private @Nullable List<Long> groups(List<Long> groups) {
        return IdSteps.deniesSetgroups(config, facts) ? null : groups;
    }

    private void ids(List<Step> steps, Set<Capability> kept) {
        long uid = config.init().uid().get();
        long gid = config.init().gid().get();
        if (uid != 0) {
            steps.add(Step.by(Actor.INIT, "keep capabilities over the change of user", place)
                    .call(PRCTL, flags(PR_SET_KEEPCAPS), number(1), number(0), number(0), number(0))
                    .build());
        }
        List<Long> groups = new ArrayList<>();
        for (Value<Long> group : config.init().groups()) {
            groups.add(group.get());
        }
        if (uid != 0 || gid != 0 || !groups.isEmpty() || !config.hasUserNamespace()) {
            steps.add(become(
                    Actor.INIT,
                    uid,
                    gid,
                    groups(groups),
                    config.init().uid().place(),
                    "become user " + uid + ", group " + gid));
        }
        DataArg.Filter filter = facts.filter();
        if (filter != null) {
            if (uid != 0 && !config.confinement().noNewPrivs().get()) {
                // The change of user kept the permitted capabilities and cleared the effective ones.
                Set<Capability> able = EnumSet.of(Capability.SYS_ADMIN);
                able.addAll(kept);
                steps.add(setCapabilities(Actor.INIT, able, Set.of(), place).build());
            }
            steps.add(filter(Actor.INIT, filter, config.confinement().seccomp().place()));
        }
        boolean ambient = uid != 0 && config.confinement().cap().keep() != null;
        Set<Capability> own = uid == 0 || ambient ? kept : Set.of();
        Step.Draft step = setCapabilities(Actor.INIT, own, ambient ? own : Set.of(), place);
        for (Capability capability : ambient ? own : Set.<Capability>of()) {
            step.call(
                    PRCTL,
                    flags(PR_CAP_AMBIENT),
                    flags(PR_CAP_AMBIENT_RAISE),
                    number(capability.ordinal()),
                    number(0),
                    number(0));
        }
        steps.add(step.build());
    }

    /** Installs the system call filter: with SYS_ADMIN in the user namespace, or after no_new_privs is set. */
    static Step filter(Actor actor, DataArg.Filter filter, Place place) {
        return Step.by(actor, "filter system calls", place)
                .call(SECCOMP, flags(SECCOMP_SET_MODE_FILTER), number(0), filter)
                .hint(
                        SECCOMP,
                        Errno.EINVAL,
                        "this kernel has no CONFIG_SECCOMP_FILTER; \"seccomp.profile: none\" does without it")
                .hint(
                        SECCOMP,
                        Errno.ENOTSUPP,
                        "all filters of this host together have reached sysctl net.core.bpf_jit_limit")
                .hint(SECCOMP, Errno.EACCES, "without SYS_ADMIN it needs \"no_new_privs: true\"")
                .build();
    }

    static Step.Draft setCapabilities(Actor actor, Set<Capability> own, Set<Capability> inheritable, Place place) {
        return capset(Step.by(actor, "set capabilities", place), own, inheritable);
    }

    /** @param own the capabilities to be permitted and effective */
    static Step.Draft capset(Step.Draft step, Set<Capability> own, Set<Capability> inheritable) {
        return step.call(
                CAPSET,
                struct(
                        new Arg.Field("version", 4, flags(_LINUX_CAPABILITY_VERSION_3)),
                        new Arg.Field("pid", 4, number(0))),
                capabilities(own, inheritable));
    }

    /** struct __user_cap_data_struct[2]: the low 32 capabilities of each set, then the high ones. */
    private static Arg capabilities(Set<Capability> own, Set<Capability> inheritable) {
        List<Arg.Field> fields = new ArrayList<>();
        for (int half = 0; half < 2; half++) {
            String suffix = half == 0 ? "" : "-high";
            fields.add(new Arg.Field("effective" + suffix, 4, half(own, half)));
            fields.add(new Arg.Field("permitted" + suffix, 4, half(own, half)));
            fields.add(new Arg.Field("inheritable" + suffix, 4, half(inheritable, half)));
        }
        return new Arg.Struct(fields);
    }

    private static Arg half(Set<Capability> set, int half) {
        List<String> names = new ArrayList<>();
        long mask = 0;
        for (Capability capability : set) {
            if (capability.ordinal() / 32 == half) {
                names.add(capability.kernelName());
                mask |= 1L << capability.ordinal() % 32;
            }
        }
        return new DataArg.CapabilitySet(names, mask);
    }

    /**
     * Changes the user and group. The change clears the signal that ties the process to jbox (PR_SET_PDEATHSIG): the
     * step sets it again and checks the sync pipe, which tells whether jbox died in between. The change also makes the
     * process undumpable, and with it jbox, whose memory it shares; if the user stays the same, the step does that
     * explicitly. It is necessary: if a dumpable process of that user had jbox's memory, the user could read and write
     * it through /proc/PID/mem, as hooks in the box could. execve makes the program dumpable again; a jbox that runs as
     * root does not need to be.
     *
     * @param groups null if no groups may be set
     */
    static Step become(Actor actor, long uid, long gid, @Nullable List<Long> groups, Place place, String subject) {
        Step.Draft step = Step.by(actor, subject, place);
        if (groups != null) {
            List<Arg.Field> list = new ArrayList<>();
            for (int i = 0; i < groups.size(); i++) {
                list.add(new Arg.Field(Integer.toString(i), 4, number(groups.get(i))));
            }
            step.call(SETGROUPS, number(groups.size()), list.isEmpty() ? Arg.nothing() : new Arg.Struct(list));
        }
        return step.call(SETRESGID, number(gid), number(gid), number(gid))
                .call(SETRESUID, number(uid), number(uid), number(uid))
                .call(PRCTL, flags(PR_SET_DUMPABLE), number(0))
                .call(PRCTL, flags(PR_SET_PDEATHSIG), flags(SIGKILL))
                .add(
                        PPOLL,
                        Call.Outcome.MUST_BE_ZERO,
                        null,
                        struct(new Arg.Field("fd", 4, Arg.fd(Descriptors.SYNC)), new Arg.Field("events", 4, number(0))),
                        number(1),
                        struct(Arg.Field.of("tv_sec", number(0)), Arg.Field.of("tv_nsec", number(0))),
                        Arg.nothing(),
                        number(8))
                .hint(SETRESUID, Errno.EINVAL, "the idmap does not map this user" + MORE_IDS)
                .hint(SETRESGID, Errno.EINVAL, "the idmap does not map this group" + MORE_IDS)
                .build();
    }

    private static Step limit(String name, Value<Limit> limit) {
        return Step.by(Actor.INIT, "limit " + name + " to " + limit.get(), limit.place())
                .call(PRLIMIT64, limitArguments(name, limit.get()))
                .hint(PRLIMIT64, Errno.EPERM, "the hard limit is above jbox's own, and jbox has no CAP_SYS_RESOURCE")
                .build();
    }

    /** The arguments of prlimit64 for the calling process. */
    static Arg[] limitArguments(String resource, Limit limit) {
        return new Arg[] {
            number(0),
            flags(Flag.ofLimit(resource)),
            struct(Arg.Field.of("rlim_cur", side(limit.soft())), Arg.Field.of("rlim_max", side(limit.hard()))),
            Arg.nothing()
        };
    }

    private static Arg side(long value) {
        return number(value == Limit.UNLIMITED ? -1 : value);
    }
}
