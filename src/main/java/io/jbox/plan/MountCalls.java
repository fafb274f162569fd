package io.jbox.plan;

import static io.jbox.program.Arg.cwd;
import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.facts.HostFacts;
import io.jbox.program.Arg;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import io.jbox.uapi.Flag;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Calls of the descriptor-based mount API (Linux 5.2, mount_setattr 5.12) shared by several steps. Targets are always
 * opened beneath the box's root, so that no symbolic link in it leads outside (openat2(2)).
 */
final class MountCalls {
    private MountCalls() {}

    /** Opens a mount target in the box: symbolic links resolve inside the box, magic links are refused. */
    static void openTarget(Step.Draft step, Descriptor target, String path, boolean folder) {
        step.open(target, OPENAT2, fd(Descriptors.ROOTFS), text(path), targetHow(folder), number(24));
    }

    /**
     * Makes a folder at the top of the root file system if it is missing: a root file system may be a single program.
     */
    static void makeTarget(Step.Draft step, String name) {
        step.tolerate(MKDIRAT, fd(Descriptors.ROOTFS), text(name), DataArg.mode(0755));
    }

    /** struct open_how. */
    static Arg targetHow(boolean folder) {
        List<Flag> openFlags = folder ? List.of(O_PATH, O_DIRECTORY, O_CLOEXEC) : List.of(O_PATH, O_CLOEXEC);
        return struct(
                Arg.Field.of("flags", new Arg.Flags(openFlags)),
                Arg.Field.zero(8),
                Arg.Field.of("resolve", flags(RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS)));
    }

    /** Attaches a mount where a descriptor points. */
    static void attach(Step.Draft step, Descriptor mount, Descriptor target) {
        step.call(
                MOVE_MOUNT,
                fd(mount),
                text(""),
                fd(target),
                text(""),
                flags(MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_T_EMPTY_PATH));
    }

    /** Attaches a mount at a name in a folder that the box cannot have changed yet. */
    static void attach(Step.Draft step, Descriptor mount, Descriptor folder, String name) {
        step.call(MOVE_MOUNT, fd(mount), text(""), fd(folder), text(name), flags(MOVE_MOUNT_F_EMPTY_PATH));
    }

    /**
     * Makes a file system that is not mounted yet.
     *
     * @param parameters {@code key=value}, or a key alone
     * @param attributes MOUNT_ATTR_*
     */
    static void make(Step.Draft step, Descriptor mount, String type, List<String> parameters, List<Flag> attributes) {
        Descriptor context = new Descriptor(mount.name() + "-context");
        step.open(context, FSOPEN, text(type), flags(FSOPEN_CLOEXEC));
        for (String parameter : parameters) {
            int equals = parameter.indexOf('=');
            if (equals < 0) {
                step.call(FSCONFIG, fd(context), flags(FSCONFIG_SET_FLAG), text(parameter), Arg.nothing(), number(0));
            } else {
                step.call(
                        FSCONFIG,
                        fd(context),
                        flags(FSCONFIG_SET_STRING),
                        text(parameter.substring(0, equals)),
                        text(parameter.substring(equals + 1)),
                        number(0));
            }
        }
        step.call(FSCONFIG, fd(context), flags(FSCONFIG_CMD_CREATE), Arg.nothing(), Arg.nothing(), number(0));
        step.open(mount, FSMOUNT, fd(context), flags(FSMOUNT_CLOEXEC), new Arg.Flags(attributes));
    }

    /** Copies a part of the mount tree, to be attached elsewhere. */
    static void copy(Step.Draft step, Descriptor copy, Arg folder, String path, boolean recursive) {
        step.open(copy, OPEN_TREE, folder, text(path), copyFlags(recursive, path.isEmpty()));
    }

    /**
     * The same for a configured path on the host.
     *
     * @param followed as returned by {@link HostFacts#followed}
     */
    static void copyOfHost(Step.Draft step, Descriptor copy, String followed, boolean recursive) {
        copyOfHost(step, copy, followed, recursive, flags(O_PATH, O_CLOEXEC));
    }

    /** The same for a path that must be a folder. */
    static void copyOfFolder(Step.Draft step, Descriptor copy, String followed, boolean recursive) {
        copyOfHost(step, copy, followed, recursive, flags(O_PATH, O_DIRECTORY, O_CLOEXEC));
        step.hint(OPENAT2, Errno.ENOTDIR, "it is a file, not a folder; mount a disk or an image first");
    }

    private static void copyOfHost(Step.Draft step, Descriptor copy, String followed, boolean recursive, Arg flags) {
        Descriptor source = new Descriptor(copy.name() + "-source");
        step.open(
                        source,
                        OPENAT2,
                        cwd(),
                        text(followed),
                        struct(
                                Arg.Field.of("flags", flags),
                                Arg.Field.zero(8),
                                Arg.Field.of("resolve", flags(RESOLVE_NO_SYMLINKS))),
                        number(24))
                .hint(
                        OPENAT2,
                        Errno.ELOOP,
                        "a part of the path is a symbolic link that others can change: write the path it leads to");
        copy(step, copy, fd(source), "", recursive);
        step.call(CLOSE, fd(source));
    }

    static Arg copyFlags(boolean recursive, boolean ofDescriptor) {
        List<Flag> flags = new ArrayList<>(List.of(OPEN_TREE_CLONE, OPEN_TREE_CLOEXEC));
        if (ofDescriptor) {
            flags.add(AT_EMPTY_PATH);
        }
        if (recursive) {
            flags.add(AT_RECURSIVE);
        }
        return new Arg.Flags(flags);
    }

    /** Sets and clears attributes of a mount and leaves its others unchanged. */
    static void setAttributes(
            Step.Draft step,
            Descriptor mount,
            boolean recursive,
            List<Flag> set,
            List<Flag> clear,
            @Nullable Flag propagation) {
        step.call(
                MOUNT_SETATTR,
                fd(mount),
                text(""),
                recursive ? flags(AT_EMPTY_PATH, AT_RECURSIVE) : flags(AT_EMPTY_PATH),
                attributes(set, clear, propagation),
                number(32));
    }

    /** struct mount_attr. */
    private static Arg attributes(List<Flag> set, List<Flag> clear, @Nullable Flag propagation) {
        return struct(
                set.isEmpty() ? Arg.Field.zero(8) : Arg.Field.of("attr_set", new Arg.Flags(set)),
                clear.isEmpty() ? Arg.Field.zero(8) : Arg.Field.of("attr_clr", new Arg.Flags(clear)),
                propagation == null ? Arg.Field.zero(8) : Arg.Field.of("propagation", flags(propagation)),
                Arg.Field.zero(8));
    }

    /** Maps the owners in a tree to the box's users (mount_setattr(2), Linux 5.12). */
    static Step.Draft map(Step.Draft step, Descriptor tree) {
        return map(step, tree, Descriptors.USERNS);
    }

    /**
     * The same to other users.
     *
     * @param namespace a user namespace with the map, from ids of the file system to those of the host
     */
    static Step.Draft map(Step.Draft step, Descriptor tree, Descriptor namespace) {
        return step.call(
                MOUNT_SETATTR,
                fd(tree),
                text(""),
                flags(AT_EMPTY_PATH, AT_RECURSIVE),
                Arg.struct(
                        Arg.Field.of("attr_set", flags(MOUNT_ATTR_IDMAP)),
                        Arg.Field.zero(8),
                        Arg.Field.zero(8),
                        Arg.Field.of("userns_fd", fd(namespace))),
                number(32));
    }
}
