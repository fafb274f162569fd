package io.jbox.plan;

import static io.jbox.plan.Arg.cwd;
import static io.jbox.plan.Arg.fd;
import static io.jbox.plan.Arg.number;
import static io.jbox.plan.Arg.text;

import io.jbox.config.Config;
import io.jbox.config.MountEntry;
import io.jbox.config.Value;
import io.jbox.problem.Place;
import java.util.ArrayList;
import java.util.List;

/** The mounts that the user asked for, in order. */
final class EntrySteps {
    private final Config config;

    EntrySteps(Config config) {
        this.config = config;
    }

    void mount(List<Step> steps) {
        int number = 0;
        for (Value<MountEntry> value : config.mount().entries()) {
            steps.add(mount(value.get(), value.place(), "entry" + number++));
        }
    }

    private Step mount(MountEntry entry, Place place, String name) {
        Step.Draft step = Step.by(Actor.INIT, "mount \"" + entry.source() + "\" on \"/" + entry.target() + "\"", place);
        Descriptor mount = new Descriptor(name);
        Descriptor target = new Descriptor(name + "-target");
        MountOptions options = MountOptions.of(entry.options());
        if (entry.isBind()) {
            boolean recursive = entry.has("rbind");
            MountCalls.copy(step, mount, cwd(), entry.source(), recursive);
            if (!options.set().isEmpty() || !options.clear().isEmpty()) {
                MountCalls.setAttributes(step, mount, recursive, options.set(), options.clear(), "");
            }
        } else {
            make(step, mount, entry, options);
        }
        // What the host mounts there later would come along, and without the entry's options.
        String propagation = options.propagation().isEmpty() ? "MS_PRIVATE" : options.propagation();
        boolean all = options.propagation().isEmpty() || options.propagatesRecursively();
        MountCalls.setAttributes(step, mount, all, List.of(), List.of(), propagation);
        create(step, entry, name);
        step.open(
                target,
                "openat2",
                fd(Descriptors.ROOTFS),
                text(entry.target()),
                MountCalls.targetHow(false),
                number(24));
        MountCalls.attach(step, mount, target);
        if (entry.has("optional")) {
            step.optional();
        }
        return step.hint("open_tree", "ENOENT", "the host has no \"" + entry.source() + "\"; or add \"optional\"")
                .hint(
                        "openat2",
                        "ENOENT",
                        "the box has no \"/" + entry.target() + "\"; or add \"create=dir\" or \"create=file\"")
                .hint("move_mount", "ENOTDIR", "a folder goes on a folder, a file on a file")
                .hint("fsopen", "ENODEV", "this kernel has no file system \"" + entry.type() + "\"")
                .hint(
                        "fsconfig",
                        "EINVAL",
                        "is one of its options \"" + String.join(",", entry.options()) + "\" unknown to it?")
                .build();
    }

    private static void make(Step.Draft step, Descriptor mount, MountEntry entry, MountOptions options) {
        List<String> parameters = new ArrayList<>();
        parameters.add("source=" + entry.source());
        if (options.readOnlySuperblock()) {
            parameters.add("ro");
        }
        parameters.addAll(options.parameters());
        List<String> attributes = new ArrayList<>(options.set());
        attributes.removeAll(options.clear());
        MountCalls.make(step, mount, entry.type(), parameters, attributes);
    }

    private static boolean creates(MountEntry entry) {
        return entry.has("create=dir") || entry.has("create=file");
    }

    /** Makes the target and the folders above it, each in the folder before it, which is opened beneath the root. */
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
                step.tolerate("mknodat", fd(folder), text(parts[i]), new Arg.Mode("S_IFREG", 0644), number(0));
            } else {
                step.tolerate("mkdirat", fd(folder), text(parts[i]), Arg.mode(0755));
            }
            path.append(i == 0 ? "" : "/").append(parts[i]);
            if (!last) {
                folder = new Descriptor(name + "-folder" + i);
                MountCalls.openTarget(step, folder, path.toString(), true);
            }
        }
    }
}
