package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.config.Pin;
import io.jbox.config.RootfsPath;
import io.jbox.facts.HostFacts;
import io.jbox.problem.Place;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.Call;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.ProcArg;
import io.jbox.program.Statement;
import io.jbox.program.Step;
import io.jbox.program.Undo;
import io.jbox.uapi.Errno;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Prepares and mounts an overlay as the root file system. */
final class OverlaySteps {
    /** The folder with an overlay's upper and work folders. */
    private static final Descriptor UPPER = new Descriptor("upper");

    private static final Descriptor STORE_LOCK = new Descriptor("store-lock");

    private static final Descriptor LAYERS = new Descriptor("layers");

    private final HostFacts facts;
    private final RootfsPath path;
    private final Place place;
    private final Config.@Nullable Image image;
    private final boolean developed;

    OverlaySteps(Config config, HostFacts facts) {
        this.facts = facts;
        this.path = config.rootfs().path().get();
        this.place = config.rootfs().path().place();
        this.image = config.rootfs().image();
        this.developed = config.dev() != null;
    }

    /** Makes the missing folders of an overlay. */
    void makeFolders(List<Step> steps) {
        if (!path.isOverlay()) {
            return;
        }
        Step.Draft step = Step.by(Actor.JBOX, "make the overlay's folders", place);
        boolean any = false;
        for (String folder : List.of(path.path(), path.work())) {
            for (int slash = folder.indexOf('/', 1); slash >= 0; slash = folder.indexOf('/', slash + 1)) {
                any |= folder(step, folder.substring(0, slash), 0700);
            }
            // The upper folder's mode becomes that of the box's root.
            boolean upper = folder.equals(path.path());
            if (folder(step, folder, upper ? 0755 : 0700)) {
                any = true;
                if (upper && (image == null || !image.ephemeral())) {
                    undoNames(step);
                } else if (!upper) {
                    // overlayfs makes this in its work folder as soon as it is mounted.
                    step.undo(Undoing.removeFolder(folder + "/work"), Undoing.removeFolder(folder + "/index"));
                }
            }
        }
        if (any) {
            steps.add(step.build());
        }
    }

    /**
     * Notes which tree the box's files lie over, under the lock of the overlay and before the tree is opened: from then
     * on the store keeps the tree. A garbage collection holds the store's lock, so no note is written meanwhile.
     */
    private Step pin(Config.Image used) {
        Descriptor file = new Descriptor("pin");
        String pin = Pin.file(path.path());
        String text = new Pin(used.name().get().toString(), used.manifest(), used.tree()).text();
        Step.Draft step = Step.by(Actor.JBOX, "note which image the box's files lie over", place);
        // An ordinary user's store belongs to the root of that user's boxes.
        boolean locks = !facts.isOrdinary();
        if (locks) {
            step.open(STORE_LOCK, OPENAT, cwd(), text(storeLock(used)), flags(O_RDONLY, O_CLOEXEC))
                    .call(FLOCK, fd(STORE_LOCK), flags(LOCK_SH));
        }
        step.tolerate(SYMLINKAT, text(pin), cwd(), text(used.userLink()));
        if (used.ephemeral()) {
            step.undo(Call.may(UNLINKAT, cwd(), text(used.userLink()), number(0)));
        }
        // A reset may just have removed both.
        if (!used.pinned() || !facts.exists(path.path())) {
            step.open(file, OPENAT, cwd(), text(pin), flags(O_WRONLY, O_CREAT, O_EXCL, O_CLOEXEC), DataArg.mode(0600))
                    .hint(
                            OPENAT,
                            Errno.EEXIST,
                            "another start has just recorded an image here; if it is a leftover, \"jbox reset\" removes it")
                    .undo(Call.may(UNLINKAT, cwd(), text(pin), number(0)))
                    .call(WRITE, fd(file), text(text), number(text.getBytes(StandardCharsets.UTF_8).length))
                    .call(CLOSE, fd(file));
        }
        if (locks) {
            step.call(CLOSE, fd(STORE_LOCK));
        }
        return step.build();
    }

    /** The lock of the store that contains the link to the note. */
    private static String storeLock(Config.Image used) {
        return used.userLink().substring(0, used.userLink().lastIndexOf("/users/")) + "/lock";
    }

    private boolean folder(Step.Draft step, String folder, int mode) {
        if (facts.exists(folder)) {
            return false;
        }
        step.tolerate(MKDIRAT, cwd(), text(folder), DataArg.mode(mode)).undo(Undoing.removeFolder(folder));
        return true;
    }

    /**
     * Undoes what a start writes to the upper folder. The box may have replaced a folder by a link: no link is
     * followed.
     */
    private void undoNames(Step.Draft step) {
        Descriptor etc = new Descriptor("made-etc");
        List<Statement> names = new ArrayList<>();
        names.add(new Call(
                OPENAT,
                List.of(cwd(), text(path.path() + "/etc"), flags(O_PATH, O_DIRECTORY, O_NOFOLLOW, O_CLOEXEC)),
                Call.Outcome.ELSE_SKIP_STEP,
                etc,
                null));
        List<String> files = new ArrayList<>(HostFacts.Etc.FILES);
        if (developed) {
            files.addAll(HostFacts.Etc.ACCOUNTS);
        }
        for (String name : files) {
            names.add(Call.may(UNLINKAT, fd(etc), text(name), number(0)));
        }
        names.add(Undoing.removeFolder(path.path() + "/etc"));
        step.add(new Undo(names));
    }

    /** Locks the overlay against other writers: two mounts of one upper folder corrupt each other (overlayfs.rst). */
    void lock(List<Step> steps) {
        if (path.isOverlay()) {
            steps.add(Step.by(Actor.JBOX, "lock the overlay's upper folder \"" + path.path() + "\"", place)
                    .open(
                            Descriptors.UPPER_LOCK,
                            OPENAT,
                            cwd(),
                            text(path.path()),
                            flags(O_RDONLY, O_DIRECTORY, O_CLOEXEC))
                    .call(FLOCK, fd(Descriptors.UPPER_LOCK), flags(LOCK_EX, LOCK_NB))
                    .hint(OPENAT, Errno.ENOTDIR, "it is a file, not a folder")
                    .hint(FLOCK, Errno.EAGAIN, "another box runs on this upper folder")
                    .build());
            if (image != null) {
                steps.add(pin(image));
            }
        }
    }

    /** Opens the layers before the user namespace exists, so that they can be mapped to it. */
    void openLayers(Step.Draft step) {
        for (int i = 0; i < path.lowers().size(); i++) {
            MountCalls.copyOfFolder(step, lower(i), facts.followed(path.lowers().get(i)), false);
        }
        MountCalls.copyOfFolder(step, UPPER, facts.followed(parent(path.path())), false);
    }

    /** The descriptors of the opened layers. */
    List<Descriptor> layers() {
        List<Descriptor> layers = new ArrayList<>();
        for (int i = 0; i < path.lowers().size(); i++) {
            layers.add(lower(i));
        }
        layers.add(UPPER);
        return layers;
    }

    private static Descriptor lower(int index) {
        return new Descriptor("lower" + index);
    }

    private static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash == 0 ? "/" : path.substring(0, slash);
    }

    /**
     * Mounts the overlay of layers that are reached by path.
     *
     * @param inUserNamespace whether the mounting process is root of a user namespace only
     */
    void mount(Step.Draft step, boolean inUserNamespace) {
        List<String> parameters = new ArrayList<>(List.of(
                "source=overlay",
                "lowerdir=" + String.join(":", path.lowers()),
                "upperdir=" + path.path(),
                "workdir=" + path.work()));
        if (inUserNamespace) {
            parameters.add("userxattr");
        }
        MountCalls.make(step, Descriptors.ROOTFS, "overlay", parameters, List.of());
    }

    /**
     * Mounts the overlay of mapped layers. It needs them mounted and reachable by path: each is mounted in a folder of a
     * small file system that is removed once the overlay exists. The overlay stores its own data in attributes that a
     * user namespace may write (overlayfs.rst, Linux 5.11; mapped layers, 5.19).
     */
    void mountMapped(Step.Draft step) {
        MountCalls.make(step, LAYERS, "tmpfs", List.of("source=layers", "mode=0700", "size=16k"), List.of());
        step.call(MOVE_MOUNT, fd(LAYERS), text(""), cwd(), text("/"), flags(MOVE_MOUNT_F_EMPTY_PATH));
        List<Descriptor> lowers = layers();
        for (Descriptor tree : lowers) {
            step.call(MKDIRAT, fd(LAYERS), text(tree.name()), DataArg.mode(0700));
            MountCalls.attach(step, tree, LAYERS, tree.name());
        }
        lowers.remove(UPPER);
        Descriptor context = new Descriptor("rootfs-context");
        step.open(context, FSOPEN, text("overlay"), flags(FSOPEN_CLOEXEC));
        set(step, context, "source", text("overlay"));
        set(step, context, "lowerdir", new ProcArg.DescriptorPaths(lowers, ""));
        set(step, context, "upperdir", new ProcArg.DescriptorPaths(List.of(UPPER), name(path.path())));
        set(step, context, "workdir", new ProcArg.DescriptorPaths(List.of(UPPER), name(path.work())));
        step.call(FSCONFIG, fd(context), flags(FSCONFIG_SET_FLAG), text("userxattr"), Arg.nothing(), number(0));
        step.call(FSCONFIG, fd(context), flags(FSCONFIG_CMD_CREATE), Arg.nothing(), Arg.nothing(), number(0));
        step.open(Descriptors.ROOTFS, FSMOUNT, fd(context), flags(FSMOUNT_CLOEXEC), new Arg.Flags(List.of()));
        // This must be removed before the root is entered: otherwise it, lying over the old root, would be unmounted in
        // its place.
        step.call(FCHDIR, fd(LAYERS))
                .call(UMOUNT2, text("."), flags(MNT_DETACH))
                .call(CHDIR, text("/"));
    }

    private static void set(Step.Draft step, Descriptor context, String key, Arg value) {
        step.call(FSCONFIG, fd(context), flags(FSCONFIG_SET_STRING), text(key), value, number(0));
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/'));
    }

    /** What may be wrong if the kernel refuses the overlay. */
    String hint() {
        for (String layer : path.lowers()) {
            if (!facts.exists(layer)) {
                return "there is no folder " + layer;
            }
        }
        return facts.isOrdinary()
                ? "a layer has mounts in it (only root can use such a layer), or is itself an overlay"
                : "one of the overlay's folders is a file, or is an overlay itself";
    }
}
