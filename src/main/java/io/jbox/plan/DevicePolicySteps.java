package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.config.DeviceRule;
import io.jbox.facts.HostFacts;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import java.util.List;

/** Enforces a {@link DevicePolicy} in the box's cgroups. */
final class DevicePolicySteps {
    private final Config config;
    private final HostFacts facts;
    private final CgroupFiles files;

    DevicePolicySteps(Config config, HostFacts facts, CgroupFiles files) {
        this.config = config;
        this.facts = facts;
        this.files = files;
    }

    /** Sets which devices may be used: by a program in version 2 (bpf(2)), by files in version 1. */
    void set(List<Step> steps) {
        Config.Devices devices = config.resources().devices();
        HostFacts.Hierarchy old = files.find("devices");
        DevicePolicy policy = new DevicePolicy(config);
        if (facts.isOrdinary() || old == null && !CgroupFiles.isUnified(facts)) {
            if (!devices.place().isDefault()) {
                throw new JboxException(new Problem(
                        "cgroup.devices: jbox has no cgroup to set this for",
                        devices.place(),
                        facts.isOrdinary() ? "without root a box gets only the usual devices" : "jbox check"));
            }
        } else if (CgroupFiles.isUnified(facts)) {
            steps.add(program(policy, devices.place()));
        } else if (old != null) {
            steps.add(files.write(old, "devices.deny", "a", devices.place()));
            for (DeviceRule rule : policy.allowed()) {
                steps.add(files.write(old, "devices.allow", rule.toString(), devices.place()));
            }
            for (DeviceRule rule : policy.denied()) {
                refuseUnlessExact(rule, policy, devices.place());
                steps.add(files.write(old, "devices.deny", rule.toString(), devices.place()));
            }
        }
    }

    /** Version 1 revokes only rules with exactly the same numbers (devices.rst). */
    private static void refuseUnlessExact(DeviceRule denied, DevicePolicy policy, Place place) {
        for (DeviceRule allowed : policy.allowed()) {
            if (denied.overlaps(allowed) && !denied.isAboutSameAs(allowed)) {
                throw new JboxException(new Problem(
                        "cgroup.devices.deny: \"" + denied + "\": cgroups of version 1 cannot take that from \""
                                + allowed + "\"",
                        place,
                        "deny \"a\" (all devices), then allow the ones that you want"));
            }
        }
    }

    /** A program that denies what no rule allows. The kernel keeps it as long as the cgroup. */
    private Step program(DevicePolicy policy, Place place) {
        int rules = policy.allowed().size() + policy.denied().size();
        if (rules > DevicePolicy.MOST_RULES) {
            throw new JboxException(new Problem(
                    "cgroup.devices: " + rules + " rules are more than " + DevicePolicy.MOST_RULES,
                    place,
                    "let one rule have all minor numbers, as in \"c 10:* rwm\""));
        }
        Descriptor program = new Descriptor("device-program");
        DataArg.Code code = new DataArg.Code(policy, DeviceProgram.of(policy.denied(), policy.allowed()));
        Step.Draft step = BpfAssembler.load(
                        Step.by(Actor.JBOX, "set the device policy", place), BPF_PROG_TYPE_CGROUP_DEVICE, code, program)
                .call(
                        BPF,
                        flags(BPF_PROG_ATTACH),
                        struct(
                                new Arg.Field("target_fd", 4, fd(Descriptors.CGROUP)),
                                new Arg.Field("attach_bpf_fd", 4, fd(program)),
                                new Arg.Field("attach_type", 4, flags(BPF_CGROUP_DEVICE)),
                                // Cgroups below may have programs too; all of them must allow the access.
                                new Arg.Field("attach_flags", 4, flags(BPF_F_ALLOW_MULTI))),
                        number(16));
        if (config.hasUserNamespace() && place.isDefault()) {
            // This is only a second defence: the box can neither make a device node nor open one of its own.
            step.optional();
        }
        return step.hint(BPF, Errno.EPERM, "jbox has no CAP_BPF, or a cgroup above allows no other program")
                .hint(BPF, Errno.ENOSYS, "this kernel has no CONFIG_BPF_SYSCALL")
                .hint(BPF, Errno.EINVAL, "this kernel has no CONFIG_CGROUP_BPF")
                .build();
    }
}
