package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.config.KeptIds;
import io.jbox.config.MountEntry;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Flag;
import java.util.ArrayList;
import java.util.List;

/** Makes the configured mounts, in order. */
final class EntrySteps {
    private static final String CONTAINER = "idmap=container";
    private static final String MISMATCH = "mount a folder on a folder, a file on a file";

    private final Config config;
    private final HostFacts facts;
    private final OwnerNamespaces owners;

    EntrySteps(Config config, HostFacts facts) {
        this.config = config;
        this.facts = facts;
        this.owners = new OwnerNamespaces(config);
    }

    /**
     * Opens the host's trees before the user namespace exists: its root may not see them, and the kernel does not let
     * it copy a tree without what is mounted in it.
     *
     * @return the descriptors
     */
    List<Descriptor> open(List<Step> steps) {
        List<Descriptor> opened = new ArrayList<>();

        int number = 0;
        for (Value<MountEntry> value : config.mount().entries()) {
            MountEntry entry = value.get();
            Descriptor mount = new Descriptor("entry" + number++);
            if (opensFirst(entry) && !isLeftOut(entry)) {
                Step.Draft step = Step.by(Actor.JBOX, "open \"" + entry.source() + "\" for the box", value.place());
                steps.add(copy(step, mount, entry).build());
                opened.add(mount);
            }
        }
        return opened;
    }

    /** Maps the owners of the trees to the box's ids where required. */
    void map(List<Step> steps) {
        int number = 0;
        for (Value<MountEntry> value : config.mount().entries()) {
            MountEntry entry = value.get();
            Descriptor mount = new Descriptor("entry" + number++);
            KeptIds kept = entry.keptIds();
            if (!opensFirst(entry) || isLeftOut(entry) || kept == null && !entry.has(CONTAINER)) {
                continue;
            }
            Descriptor namespace = kept == null ? Descriptors.USERNS : owners.keeping(kept, value.place(), steps);
            Step.Draft step = Step.by(Actor.JBOX, "map the owners of \"" + entry.source() + "\"", value.place());
            steps.add(MountCalls.map(step, mount, namespace)
                    .hint(
                            MOUNT_SETATTR,
                            Errno.EINVAL,
                            "this kernel cannot map the owners of its file system; "
                                    + (kept == null
                                            ? "leave out " + CONTAINER
                                            : "one on ext4, xfs or btrfs can be (tmpfs since Linux 6.3)"))
                    .build());
        }
        owners.end(steps);
    }

    private boolean opensFirst(MountEntry entry) {
        return (config.hasUserNamespace() || entry.keptIds() != null) && entry.isBind() && !facts.isOrdinary();
    }

    private boolean isLeftOut(MountEntry entry) {
        return entry.has("optional") && !facts.exists(entry.source());
    }

    private Step.Draft copy(Step.Draft step, Descriptor mount, MountEntry entry) {
        MountOptions options = MountOptions.of(entry.options());
        boolean recursive = entry.has("rbind");
        MountCalls.copyOfHost(step, mount, facts.followed(entry.source()), recursive);
        if (!options.set().isEmpty() || !options.clear().isEmpty()) {
            MountCalls.setAttributes(step, mount, recursive, options.set(), options.clear(), null);
        }
        return step.hint(OPENAT2, Errno.ENOENT, missing(entry))
                .hint(OPEN_TREE, Errno.EINVAL, "something is mounted in it: use \"rbind\" to include that")
                .hint(
                        MOUNT_SETATTR,
                        Errno.EPERM,
                        "the host has mounted it with that option, which only root may change");
    }

    private static String missing(MountEntry entry) {
        return "the host has no \"" + entry.source() + "\"; add \"optional\" if it may be missing";
    }

    void mount(List<Step> steps) {
        int number = 0;
        for (Value<MountEntry> value : config.mount().entries()) {
            String name = "entry" + number++;
            boolean opened = opensFirst(value.get());
            if (value.get().isBind() && !opened) {
                Step.Draft step =
                        Step.by(Actor.INIT, "open \"" + value.get().source() + "\" for the box", value.place());
                copy(step, new Descriptor(name), value.get());
                steps.add((value.get().has("optional") ? step.optional() : step).build());
            }
            if (!opened || !isLeftOut(value.get())) {
                steps.add(mount(value.get(), value.place(), name));
            }
        }
    }

    private Step mount(MountEntry entry, Place place, String name) {
        Step.Draft step = Step.by(Actor.INIT, "mount \"" + entry.source() + "\" on \"/" + entry.target() + "\"", place);
        Descriptor mount = new Descriptor(name);
        Descriptor target = new Descriptor(name + "-target");
        MountOptions options = MountOptions.of(entry.options());
        if (!entry.isBind()) {
            make(step, mount, entry, options);
        }
        // Otherwise later mounts of the host would appear there, without the entry's options.
        Flag propagation = options.propagation() == null ? MS_PRIVATE : options.propagation();
        boolean all = options.propagation() == null || options.propagatesRecursively();
        MountCalls.setAttributes(step, mount, all, List.of(), List.of(), propagation);
        create(step, entry, name);
        step.open(
                target, OPENAT2, fd(Descriptors.ROOTFS), text(entry.target()), MountCalls.targetHow(false), number(24));
        MountCalls.attach(step, mount, target);
        if (entry.has("optional")) {
            step.optional();
        }
        return step.hint(FSCONFIG, Errno.EPERM, "this cannot be mounted in a user namespace; \"idmap: none\" uses none")
                .hint(
                        OPENAT2,
                        Errno.ENOENT,
                        entry.target().startsWith("proc/") || entry.target().startsWith("sys/")
                                ? "nothing can be created in /proc and /sys"
                                : creates(entry)
                                        ? "\"/" + entry.target() + "\" is a symbolic link to nothing in the box"
                                        : "the box has no \"/" + entry.target()
                                                + "\"; add \"create=dir\" or \"create=file\"")
                .hint(OPENAT2, Errno.ENOTDIR, "a part of \"/" + entry.target() + "\" is a file in the box")
                .hint(MOVE_MOUNT, Errno.ENOTDIR, MISMATCH)
                .hint(MOVE_MOUNT, Errno.EINVAL, MISMATCH)
                .hint(FSOPEN, Errno.ENODEV, unknownType(entry.type()))
                .hint(
                        FSCONFIG,
                        Errno.EINVAL,
                        entry.options().isEmpty()
                                ? "it needs options, or another source"
                                : "is one of its options \"" + String.join(",", entry.options()) + "\" unknown to it?")
                .build();
    }

    private static void make(Step.Draft step, Descriptor mount, MountEntry entry, MountOptions options) {
        List<String> parameters = new ArrayList<>();
        parameters.add("source=" + entry.source());
        if (options.readOnlySuperblock()) {
            parameters.add("ro");
        }
        parameters.addAll(options.parameters());
        List<Flag> attributes = new ArrayList<>(options.set());
        attributes.removeAll(options.clear());
        MountCalls.make(step, mount, entry.type(), parameters, attributes);
    }

    private static boolean creates(MountEntry entry) {
        return entry.has("create=dir") || entry.has("create=file");
    }

    /** Makes the target and its parent folders, each in its parent's descriptor, which is opened beneath the root. */
    private static void create(Step.Draft step, MountEntry entry, String name) {
        if (!creates(entry)) {
            return;
        }
        String[] parts = entry.target().split("/");
        Descriptor folder = Descriptors.ROOTFS;
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < parts.length; i++) {
            boolean last = i == parts.length - 1;
            if (last && entry.has("create=file")) {
                step.tolerate(MKNODAT, fd(folder), text(parts[i]), new DataArg.Mode(S_IFREG, 0644), number(0));
            } else {
                step.tolerate(MKDIRAT, fd(folder), text(parts[i]), DataArg.mode(0755));
            }
            path.append(i == 0 ? "" : "/").append(parts[i]);
            if (!last) {
                folder = new Descriptor(name + "-folder" + i);
                MountCalls.openTarget(step, folder, path.toString(), true);
            }
        }
    }

    private static String unknownType(String type) {
        return switch (type) {
            case "bind", "rbind" -> "for a bind mount write the type none, and " + type + " among the options";
            case "procfs" -> "it is called proc";
            default -> "this kernel has no file system \"" + type + "\"";
        };
    }
}
