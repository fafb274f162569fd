package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;

import io.jbox.config.Capability;
import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.MountEntry;
import io.jbox.config.RootfsPath;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.Fork;
import io.jbox.program.Step;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Prepares and mounts the root file system, and finally makes it the only one. */
final class RootfsSteps {
    private static final String READ_ONLY = "MOUNT_ATTR_RDONLY";
    private static final String WAYS_OUT =
            "put it on ext4, xfs, btrfs or, from Linux 6.3 on, tmpfs; \"rootfs: {options: [shift]}\", which gives its files to the box's ids once; or \"idmap: none\", which runs the box as the host's root";
    /** The folder with an overlay's upper and work folders. */
    private static final Descriptor UPPER = new Descriptor("upper");

    private static final Descriptor HOST_PROC = new Descriptor("host-proc");
    private static final Descriptor LAYERS = new Descriptor("layers");

    private final Config config;
    private final HostFacts facts;
    private final RootfsPath path;
    private final Place place;
    private final MountOptions options;
    /** Whether jbox opens the trees and maps their owners; otherwise the first process opens them by path. */
    private final boolean mapped;

    RootfsSteps(Config config, HostFacts facts) {
        this.config = config;
        this.facts = facts;
        this.mapped = config.hasUserNamespace() && !facts.isOrdinary();
        this.path = config.rootfs().path().get();
        this.place = config.rootfs().path().place();
        List<String> names = new ArrayList<>();
        for (Value<String> option : config.rootfs().options()) {
            names.add(option.get());
        }
        if (config.autodev().get() && !names.contains("dev")) {
            // Device nodes that came with a foreign root file system cannot be opened; /dev is a separate mount.
            names.add("nodev");
        }
        this.options = MountOptions.of(names);
    }

    /** Runs the script that makes the root file system. */
    Step template(HostFacts facts, Value<String> template) {
        String script = facts.scripts() + "/" + template.get() + ".sh";
        String folder = path.isOverlay() ? path.lowers().get(0) : path.path();
        return Step.by(Actor.JBOX, "make the root file system \"" + folder + "\"", template.place())
                .effect(Effect.Kind.TEMPLATE, new Arg.Texts(List.of(script, folder)))
                .build();
    }

    /** Refuses to give the files of an unsuitable root file system to the box's ids. */
    void refuseShift(List<Problem> problems) {
        if (!config.shifts()) {
            return;
        }
        IdMapping range = config.idmap().get(0).get();
        boolean one = config.idmap().size() == 1 && range.mapsUsers() && range.mapsGroups() && range.inside() == 0;
        if (path.isOverlay()) {
            problems.add(new Problem("rootfs.options: shift: is for folders, not for overlays", placeOfShift()));
        } else if (!one) {
            problems.add(new Problem(
                    "rootfs.options: shift: needs one range of ids",
                    placeOfShift(),
                    "\"idmap: auto\", or \"idmap: [b 0 100000 65536]\""));
        } else if (range.outside() < range.count()) {
            problems.add(new Problem(
                    "rootfs.options: shift: the range overlaps with the present ids of the files",
                    config.idmap().get(0).place(),
                    "use one that begins at " + range.count() + " or later"));
        }
    }

    private Place placeOfShift() {
        for (Value<String> option : config.rootfs().options()) {
            if (option.get().equals("shift")) {
                return option.place();
            }
        }
        return place;
    }

    /** Makes the missing folders of an overlay. */
    void folders(HostFacts facts, List<Step> steps) {
        if (!path.isOverlay()) {
            return;
        }
        Step.Draft step = Step.by(Actor.JBOX, "make the overlay's folders", place);
        boolean any = false;
        for (String folder : List.of(path.path(), path.work())) {
            for (int slash = folder.indexOf('/', 1); slash >= 0; slash = folder.indexOf('/', slash + 1)) {
                any |= folder(step, folder.substring(0, slash), 0700, facts);
            }
            // The upper folder's mode becomes that of the box's root.
            any |= folder(step, folder, folder.equals(path.path()) ? 0755 : 0700, facts);
        }
        if (any) {
            steps.add(step.build());
        }
    }

    private static boolean folder(Step.Draft step, String folder, int mode, HostFacts facts) {
        if (facts.exists(folder)) {
            return false;
        }
        step.tolerate("mkdirat", cwd(), text(folder), Arg.mode(mode));
        return true;
    }

    /**
     * Locks the owners of the files while they are used; with {@code shift} the files are first given to the box's ids.
     */
    void hold(List<Step> steps) {
        if (facts.isOrdinary()) {
            return;
        }
        List<Arg> trees = new ArrayList<>();
        for (String tree : config.hostTrees()) {
            trees.add(text(tree));
        }
        String subject = config.shifts()
                ? "give the files of the root file system to the box's ids, once, and record their owners"
                : "keep the owners of files as they are";
        steps.add(Step.by(Actor.JBOX, subject, config.shifts() ? placeOfShift() : place)
                .add(new Effect(Effect.Kind.HOLD_TREES, trees, Descriptors.TREE_LOCKS))
                .build());
    }

    /** Locks the overlay against other writers: two mounts of one upper folder corrupt each other (overlayfs.rst). */
    void lock(List<Step> steps) {
        if (path.isOverlay()) {
            steps.add(Step.by(Actor.JBOX, "lock the overlay's upper folder \"" + path.path() + "\"", place)
                    .open(
                            Descriptors.UPPER_LOCK,
                            "openat",
                            cwd(),
                            text(path.path()),
                            flags("O_RDONLY", "O_DIRECTORY", "O_CLOEXEC"))
                    .call("flock", fd(Descriptors.UPPER_LOCK), flags("LOCK_EX", "LOCK_NB"))
                    .hint("openat", "ENOTDIR", "it is a file, not a folder")
                    .hint("flock", "EAGAIN", "another box runs on this upper folder")
                    .build());
        }
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
        for (int i = 0; i < path.lowers().size(); i++) {
            MountCalls.copyOfFolder(step, lower(i), facts.followed(path.lowers().get(i)), false);
        }
        if (path.isOverlay()) {
            MountCalls.copyOfFolder(step, UPPER, facts.followed(parent(path.path())), false);
        } else {
            MountCalls.copyOfFolder(step, Descriptors.ROOTFS, facts.followed(path.path()), true);
        }
        steps.add(missing(step).build());
        return trees();
    }

    private List<Descriptor> trees() {
        if (!path.isOverlay()) {
            return List.of(Descriptors.ROOTFS);
        }
        List<Descriptor> trees = new ArrayList<>();
        for (int i = 0; i < path.lowers().size(); i++) {
            trees.add(lower(i));
        }
        trees.add(UPPER);
        return trees;
    }

    private static Descriptor lower(int index) {
        return new Descriptor("lower" + index);
    }

    private static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash == 0 ? "/" : path.substring(0, slash);
    }

    /** Maps the trees' owners to the box's users. */
    void map(List<Step> steps) {
        if (!mapped) {
            return;
        }
        steps.add(Step.by(
                        Actor.JBOX,
                        "open the box's user namespace",
                        config.idmap().get(0).place())
                .open(Descriptors.USERNS, "openat", cwd(), new Arg.OfInit("ns/user"), flags("O_RDONLY", "O_CLOEXEC"))
                .build());
        Step.Draft step = Step.by(
                Actor.JBOX,
                "map the root file system's owners",
                config.idmap().get(0).place());
        for (Descriptor tree : trees()) {
            MountCalls.map(step, tree);
        }
        if (config.shifts()) {
            return;
        }
        String hint = path.path().equals("/") && !path.isOverlay()
                ? "what is mounted below \"/\" cannot be mapped: mount --bind / /mnt, and rootfs.path: /mnt; or \"idmap: none\""
                : "the file system of \"" + path + "\" cannot be mapped: " + WAYS_OUT;
        steps.add(step.hint("mount_setattr", "EINVAL", hint)
                .hint("mount_setattr", "EPERM", hint)
                .build());
    }

    /** Separates the box's mounts from the host's. */
    void isolate(List<Step> steps) {
        steps.add(Step.by(Actor.INIT, "keep the box's mounts from reaching the host", Place.DEFAULT)
                .call("mount", Arg.nothing(), text("/"), Arg.nothing(), flags("MS_REC", "MS_SLAVE"), Arg.nothing())
                .hint(
                        "mount",
                        "EACCES",
                        "AppArmor keeps unprivileged users' namespaces from that: kernel.apparmor_restrict_unprivileged_userns")
                .build());
    }

    /** Makes the mount point of the root that hooks see. */
    void makeMountPoint(String mountPoint, List<Step> steps) {
        steps.add(Step.by(Actor.JBOX, "make a folder to mount the root on for hooks", Place.DEFAULT)
                .tolerate("mkdirat", cwd(), text(mountPoint), Arg.mode(0755))
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
            overlayOfMapped(step);
        } else if (path.isOverlay()) {
            List<String> parameters = new ArrayList<>(List.of(
                    "source=overlay",
                    "lowerdir=" + String.join(":", path.lowers()),
                    "upperdir=" + path.path(),
                    "workdir=" + path.work()));
            if (config.hasUserNamespace()) {
                parameters.add("userxattr");
            }
            MountCalls.make(step, Descriptors.ROOTFS, "overlay", parameters, List.of());
        } else if (!mapped) {
            MountCalls.copyOfFolder(step, Descriptors.ROOTFS, facts.followed(path.path()), true);
        }
        step.call(
                "move_mount",
                fd(Descriptors.ROOTFS),
                text(""),
                cwd(),
                text(mountPoint == null ? "/" : mountPoint),
                flags("MOVE_MOUNT_F_EMPTY_PATH"));
        MountCalls.setAttributes(step, Descriptors.ROOTFS, true, options.set(), options.clear(), "MS_PRIVATE");
        if (isReadOnly() && mustCreate()) {
            MountCalls.setAttributes(step, Descriptors.ROOTFS, false, List.of(), List.of(READ_ONLY), "");
        }
        steps.add(missing(step).build());
    }

    /**
     * An overlay needs its layers mounted and reachable by path: each is mounted in a folder of a small file system
     * that is removed once the overlay exists. The overlay stores its own data in attributes that a user namespace may
     * write (overlayfs.rst, Linux 5.11; mapped layers, 5.19).
     */
    private void overlayOfMapped(Step.Draft step) {
        MountCalls.make(step, LAYERS, "tmpfs", List.of("source=layers", "mode=0700", "size=16k"), List.of());
        step.call("move_mount", fd(LAYERS), text(""), cwd(), text("/"), flags("MOVE_MOUNT_F_EMPTY_PATH"));
        List<Descriptor> lowers = new ArrayList<>(trees());
        for (Descriptor tree : lowers) {
            step.call("mkdirat", fd(LAYERS), text(tree.name()), Arg.mode(0700));
            MountCalls.attach(step, tree, LAYERS, tree.name());
        }
        lowers.remove(UPPER);
        Descriptor context = new Descriptor("rootfs-context");
        step.open(context, "fsopen", text("overlay"), flags("FSOPEN_CLOEXEC"));
        set(step, context, "source", text("overlay"));
        set(step, context, "lowerdir", new Arg.DescriptorPaths(lowers, ""));
        set(step, context, "upperdir", new Arg.DescriptorPaths(List.of(UPPER), name(path.path())));
        set(step, context, "workdir", new Arg.DescriptorPaths(List.of(UPPER), name(path.work())));
        step.call("fsconfig", fd(context), flags("FSCONFIG_SET_FLAG"), text("userxattr"), Arg.nothing(), number(0));
        step.call("fsconfig", fd(context), flags("FSCONFIG_CMD_CREATE"), Arg.nothing(), Arg.nothing(), number(0));
        step.open(Descriptors.ROOTFS, "fsmount", fd(context), flags("FSMOUNT_CLOEXEC"), new Arg.Flags(List.of()));
        // This must be removed before the root is entered: otherwise it, lying over the old root, would be unmounted in
        // its place.
        step.call("fchdir", fd(LAYERS))
                .call("umount2", text("."), flags("MNT_DETACH"))
                .call("chdir", text("/"));
    }

    private static void set(Step.Draft step, Descriptor context, String key, Arg value) {
        step.call("fsconfig", fd(context), flags("FSCONFIG_SET_STRING"), text(key), value, number(0));
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/'));
    }

    private Step.Draft missing(Step.Draft step) {
        String hint = path.isOverlay()
                ? "each of its layers must be there"
                : config.rootfs().template() == null
                        ? "make it first, for example with debootstrap; \"rootfs: {template: busybox}\" makes one by itself"
                        : "its folder is missing";
        return step.hint("openat2", "ENOENT", hint)
                .hint("openat2", "EACCES", "the box's root, as a user of the host, must be able to reach it")
                .hint("open_tree", "EPERM", "jbox needs root for this: sudo jbox ...")
                .hint("open_tree", "EACCES", "the box's root, as a user of the host, must be able to reach it")
                .hint("move_mount", "EINVAL", "it is a file, not a folder")
                .hint("move_mount", "ENOTDIR", "it is a file, not a folder")
                .hint("fsconfig", "EINVAL", overlayHint());
    }

    private String overlayHint() {
        for (String layer : path.lowers()) {
            if (!facts.exists(layer)) {
                return "there is no folder " + layer;
            }
        }
        return facts.isOrdinary()
                ? "a layer has mounts in it (only root can use such a layer), or is itself an overlay"
                : "one of the overlay's folders is a file, or is an overlay itself";
    }

    private boolean isReadOnly() {
        return options.set().contains(READ_ONLY);
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
            MountCalls.setAttributes(step, Descriptors.ROOTFS, false, List.of(READ_ONLY), List.of(), "");
            steps.add(step.build());
        }
    }

    /** Opens the process's namespace files while its /proc is the host's. */
    void openNamespaces(List<Step> steps) {
        if (locksMounts()) {
            steps.add(Step.by(Actor.INIT, "open the host's /proc", config.cap().place())
                    .open(HOST_PROC, "openat", cwd(), text("/proc"), flags("O_PATH", "O_DIRECTORY", "O_CLOEXEC"))
                    .build());
        }
    }

    /**
     * Continues in a copy of the box's mounts owned by another user namespace below the box's: the kernel locks mounts
     * copied across that boundary (mount_namespaces(7), "Restrictions on mount namespaces"). Nobody in the box can make
     * a locked mount writable, remove its nosuid and nodev, or unmount it to reach what it hides; the box's root may
     * still add mounts beside and over it.
     */
    void lockMounts(List<Step> steps) {
        if (!locksMounts()) {
            return;
        }
        Descriptor copy = new Descriptor("locked-mounts");
        Step.Draft step =
                Step.by(Actor.INIT, "lock the box's mounts", config.cap().place());
        // The child shares its descriptors with this process: what it opens stays after it has ended, and keeps its
        // mounts.
        Call fork = Call.must(
                "clone",
                flags("CLONE_VM", "CLONE_VFORK", "CLONE_FILES", "CLONE_NEWUSER", "CLONE_NEWNS", "SIGCHLD"),
                number(0),
                number(0),
                number(0),
                number(0));
        step.add(Fork.of(
                fork,
                List.of(
                        Call.must("openat", fd(HOST_PROC), text("self/ns/mnt"), flags("O_RDONLY", "O_CLOEXEC"))
                                .opens(copy),
                        Call.must("exit_group", number(0)))));
        steps.add(step.call("wait4", number(-1), Arg.nothing(), flags("__WALL"), Arg.nothing())
                .call("setns", fd(copy), flags("CLONE_NEWNS"))
                .hint("clone", "ENOSPC", "a limit of /proc/sys/user/max_*_namespaces is reached")
                .hint(
                        "clone",
                        "EPERM",
                        "kernel.unprivileged_userns_clone, where it exists, must be 1 for boxes with sys_admin")
                .hint("setns", "EBADF", "the host's /proc does not show a process its own namespaces")
                .build());
    }

    /** Without CAP_SYS_ADMIN nobody in the box can change mounts anyway. */
    private boolean locksMounts() {
        return config.hasUserNamespace() && Grants.capabilities(config, facts).contains(Capability.SYS_ADMIN);
    }

    /** Leaves the host's mounts: the old root ends up over the new one and is detached. */
    void enter(List<Step> steps) {
        steps.add(Step.by(Actor.INIT, "enter the root file system", place)
                .call("fchdir", fd(Descriptors.ROOTFS))
                .call("pivot_root", text("."), text("."))
                .call("umount2", text("."), flags("MNT_DETACH"))
                .call("chdir", text("/"))
                .build());
    }
}
