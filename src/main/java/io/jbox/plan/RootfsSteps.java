package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.config.MountEntry;
import io.jbox.config.RootfsPath;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.ProcArg;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Prepares and mounts the root file system, and finally makes it the only one. */
final class RootfsSteps {
    private static final String WAYS_OUT =
            "put it on ext4, xfs, btrfs or, from Linux 6.3 on, tmpfs; \"rootfs: {options: [shift]}\", which gives its files to the box's ids once; or \"idmap: none\", which runs the box as the host's root";

    private final Config config;
    private final HostFacts facts;
    private final RootfsPath path;
    private final Place place;
    private final OverlaySteps overlay;
    private final MountOptions options;
    /** Whether jbox opens the trees and maps their owners; otherwise the first process opens them by path. */
    private final boolean mapped;

    RootfsSteps(Config config, HostFacts facts) {
        this.config = config;
        this.facts = facts;
        this.overlay = new OverlaySteps(config, facts);
        this.mapped = config.hasUserNamespace() && !facts.isOrdinary();
        this.path = config.rootfs().path().get();
        this.place = config.rootfs().path().place();
        List<String> names = new ArrayList<>();
        for (Value<String> option : config.rootfs().options()) {
            names.add(option.get());
        }
        if (config.mount().autodev().get() && !names.contains("dev")) {
            // Device nodes that came with a foreign root file system cannot be opened; /dev is a separate mount.
            names.add("nodev");
        }
        this.options = MountOptions.of(names);
    }

    /** Runs the script that makes the root file system. */
    Step template(HostFacts facts, Config.Template template) {
        String name = template.name().get();
        String folder = path.isOverlay() ? path.lowers().get(0) : path.path();
        List<String> words = template.locked() == null
                ? List.of(facts.scripts() + "/" + name + ".sh", folder)
                : List.of(facts.scripts() + "/copy-tree", folder, template.tree());
        return Step.by(
                        Actor.JBOX,
                        "make the root file system \"" + folder + "\"",
                        template.name().place())
                .add(new Effect.Template(words))
                .build();
    }

    /**
     * Opens the tree, or the layers of an overlay, before the user namespace exists, so that they can be mapped to it.
     *
     * @return the descriptors
     */
    List<Descriptor> openForMapping(List<Step> steps) {
        if (!mapped) {
            return List.of();
        }
        Step.Draft step = Step.by(Actor.JBOX, "open the root file system \"" + path + "\"", place);
        if (path.isOverlay()) {
            overlay.openLayers(step);
        } else {
            MountCalls.copyOfFolder(step, Descriptors.ROOTFS, facts.followed(path.path()), true);
        }
        steps.add(missing(step).build());
        return trees();
    }

    private List<Descriptor> trees() {
        return path.isOverlay() ? overlay.layers() : List.of(Descriptors.ROOTFS);
    }

    /** Maps the trees' owners to the box's users. */
    void map(List<Step> steps) {
        if (!mapped) {
            return;
        }
        steps.add(Step.by(
                        Actor.JBOX,
                        "open the box's user namespace",
                        config.namespaces().idmap().get(0).place())
                .open(Descriptors.USERNS, OPENAT, cwd(), new ProcArg.OfInit("ns/user"), flags(O_RDONLY, O_CLOEXEC))
                .build());
        Step.Draft step = Step.by(
                Actor.JBOX,
                "map the root file system's owners",
                config.namespaces().idmap().get(0).place());
        for (Descriptor tree : trees()) {
            MountCalls.map(step, tree);
        }
        if (config.shifts()) {
            return;
        }
        String hint = path.path().equals("/") && !path.isOverlay()
                ? "what is mounted below \"/\" cannot be mapped: mount --bind / /mnt, and rootfs.path: /mnt; or \"idmap: none\""
                : "the file system of \"" + path + "\" cannot be mapped: " + WAYS_OUT;
        steps.add(step.hint(MOUNT_SETATTR, Errno.EINVAL, hint)
                .hint(MOUNT_SETATTR, Errno.EPERM, hint)
                .build());
    }

    /** Separates the box's mounts from the host's. */
    void isolate(List<Step> steps) {
        steps.add(Step.by(Actor.INIT, "keep the box's mounts from reaching the host", Place.DEFAULT)
                .call(MOUNT, Arg.nothing(), text("/"), Arg.nothing(), flags(MS_REC, MS_SLAVE), Arg.nothing())
                .hint(
                        MOUNT,
                        Errno.EACCES,
                        "AppArmor keeps unprivileged users' namespaces from that: kernel.apparmor_restrict_unprivileged_userns")
                .build());
    }

    /** Makes the mount point of the root that hooks see. */
    void makeMountPoint(String mountPoint, List<Step> steps) {
        steps.add(Step.by(Actor.JBOX, "make a folder to mount the root on for hooks", Place.DEFAULT)
                .tolerate(MKDIRAT, cwd(), text(mountPoint), DataArg.mode(0755))
                .undo(Undoing.removeFolder(mountPoint))
                .build());
    }

    /**
     * Mounts the root over /, where it is reached only by fchdir.
     *
     * @param mountPoint where to mount it instead
     */
    void mount(@Nullable String mountPoint, List<Step> steps) {
        Step.Draft step = Step.by(Actor.INIT, "mount the root file system \"" + path + "\"", place);
        if (path.isOverlay() && mapped) {
            overlay.mountMapped(step);
        } else if (path.isOverlay()) {
            overlay.mount(step, config.hasUserNamespace());
        } else if (!mapped) {
            MountCalls.copyOfFolder(step, Descriptors.ROOTFS, facts.followed(path.path()), true);
        }
        step.call(
                MOVE_MOUNT,
                fd(Descriptors.ROOTFS),
                text(""),
                cwd(),
                text(mountPoint == null ? "/" : mountPoint),
                flags(MOVE_MOUNT_F_EMPTY_PATH));
        MountCalls.setAttributes(step, Descriptors.ROOTFS, true, options.set(), options.clear(), MS_PRIVATE);
        if (isReadOnly() && mustCreate()) {
            MountCalls.setAttributes(step, Descriptors.ROOTFS, false, List.of(), List.of(MOUNT_ATTR_RDONLY), null);
        }
        steps.add(missing(step).build());
    }

    private Step.Draft missing(Step.Draft step) {
        String hint = path.isOverlay()
                ? "each of its layers must be there"
                : config.rootfs().template() == null
                        ? "make it first, for example with debootstrap; \"rootfs: {template: busybox}\" makes one by itself"
                        : "its folder is missing";
        return step.hint(OPENAT2, Errno.ENOENT, hint)
                .hint(OPENAT2, Errno.EACCES, "the box's root, as a user of the host, must be able to reach it")
                .hint(OPEN_TREE, Errno.EPERM, "jbox needs root for this: sudo jbox ...")
                .hint(OPEN_TREE, Errno.EACCES, "the box's root, as a user of the host, must be able to reach it")
                .hint(MOVE_MOUNT, Errno.EINVAL, "it is a file, not a folder")
                .hint(MOVE_MOUNT, Errno.ENOTDIR, "it is a file, not a folder")
                .hint(FSCONFIG, Errno.EINVAL, overlay.hint());
    }

    private boolean isReadOnly() {
        return options.set().contains(MOUNT_ATTR_RDONLY);
    }

    private boolean mustCreate() {
        for (Value<MountEntry> entry : config.mount().entries()) {
            if (entry.get().has("create=dir") || entry.get().has("create=file")) {
                return true;
            }
        }
        return false;
    }

    /** Makes the root read-only once everything in it is mounted. */
    void seal(List<Step> steps) {
        if (isReadOnly() && mustCreate()) {
            Step.Draft step = Step.by(Actor.INIT, "make the root file system read-only", place);
            MountCalls.setAttributes(step, Descriptors.ROOTFS, false, List.of(MOUNT_ATTR_RDONLY), List.of(), null);
            steps.add(step.build());
        }
    }

    /** Leaves the host's mounts: the old root ends up over the new one and is detached. */
    void enter(List<Step> steps) {
        steps.add(Step.by(Actor.INIT, "enter the root file system", place)
                .call(FCHDIR, fd(Descriptors.ROOTFS))
                .call(PIVOT_ROOT, text("."), text("."))
                .call(UMOUNT2, text("."), flags(MNT_DETACH))
                .call(CHDIR, text("/"))
                .build());
    }
}
