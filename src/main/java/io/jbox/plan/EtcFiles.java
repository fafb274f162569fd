package io.jbox.plan;

import static io.jbox.program.Arg.fd;
import static io.jbox.program.Arg.flags;
import static io.jbox.program.Arg.number;
import static io.jbox.program.Arg.struct;
import static io.jbox.program.Arg.text;
import static io.jbox.uapi.Flag.*;
import static io.jbox.uapi.Syscall.*;

import io.jbox.config.Config;
import io.jbox.config.MountEntry;
import io.jbox.config.Value;
import io.jbox.facts.HostFacts;
import io.jbox.problem.Place;
import io.jbox.problem.RawText;
import io.jbox.program.Actor;
import io.jbox.program.Arg;
import io.jbox.program.DataArg;
import io.jbox.program.Descriptor;
import io.jbox.program.Step;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes small files of the box's /etc.
 *
 * <p>They are written if the root file system belongs to the box alone. A shared or read-only one is not changed: small
 * files are mounted over the existing ones, and if a file is missing, an empty one is made as for any other mount.
 */
final class EtcFiles {
    private static final String FOLDER = ".names";

    private final Config config;
    private final HostFacts facts;
    /** The content of files that are covered by mounts, by path. */
    private final Map<String, byte[]> covered = new LinkedHashMap<>();

    EtcFiles(Config config, HostFacts facts) {
        this.config = config;
        this.facts = facts;
    }

    /** Whether the root file system, or its upper layer, belongs to the box alone. */
    boolean areOwn() {
        for (Value<String> option : config.rootfs().options()) {
            if (option.get().equals("ro")) {
                return false;
            }
        }
        return config.rootfs().path().place().isDefault()
                || config.rootfs().path().get().isOverlay();
    }

    /**
     * Writes a file.
     *
     * @param name of the file
     * @param text all of it, from now on
     * @param before its present content; null if it is missing, or nothing that can be read
     * @param place what asks for it
     */
    void write(String name, String text, @Nullable String before, Place place, List<Step> steps) {
        String target = facts.etc().resolvConfTarget();
        String path = name.equals("resolv.conf") && target != null ? target : "etc/" + name;
        if (text.equals(before) || isMounted("etc/" + name) || isMounted(path)) {
            return;
        }
        Step.Draft step =
                Step.by(Actor.INIT, (areOwn() ? "write \"/etc/" : "mount a file on \"/etc/") + name + "\"", place);
        if (before == null) {
            make(step, path);
        }
        if (areOwn()) {
            replace(step, name, text);
            steps.add(step.optional().build());
        } else if (config.mount().autodev().get()) {
            if (before != null) {
                covered.put("etc/" + name, RawText.encode(before));
            }
            cover(step, name, text);
            steps.add(step.optional().build());
        }
    }

    /** The files of the root file system that others have been mounted over: path → content. */
    Map<String, byte[]> covered() {
        return covered;
    }

    /** Makes an empty file, and its parent folders. */
    private static void make(Step.Draft step, String path) {
        String[] parts = path.split("/");
        Descriptor folder = Descriptors.ROOTFS;
        for (int i = 0; i < parts.length - 1; i++) {
            step.tolerate(MKDIRAT, fd(folder), text(parts[i]), DataArg.mode(0755));
            folder = new Descriptor(parts[i] + "-folder" + i);
            MountCalls.openTarget(
                    step, folder, String.join("/", Arrays.asList(parts).subList(0, i + 1)), true);
        }
        step.tolerate(MKNODAT, fd(folder), text(parts[parts.length - 1]), new DataArg.Mode(S_IFREG, 0644), number(0));
    }

    /** Whether the configuration mounts anything there. */
    private boolean isMounted(String path) {
        for (Value<MountEntry> entry : config.mount().entries()) {
            String target = entry.get().target();
            if (path.equals(target) || path.startsWith(target + "/")) {
                return true;
            }
        }
        return false;
    }

    /**
     * Replaces a file. If the box has made a pipe or a device of it, the step ends without an error: it opens nothing
     * that could block.
     */
    private static void replace(Step.Draft step, String name, String text) {
        Descriptor file = new Descriptor("etc-" + name);
        step.open(
                        file,
                        OPENAT2,
                        fd(Descriptors.ROOTFS),
                        text("etc/" + name),
                        struct(
                                Arg.Field.of(
                                        "flags", flags(O_WRONLY, O_CREAT, O_TRUNC, O_NONBLOCK, O_NOCTTY, O_CLOEXEC)),
                                Arg.Field.of("mode", DataArg.mode(0644)),
                                Arg.Field.of("resolve", flags(RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS))),
                        number(24))
                .call(WRITE, fd(file), text(text), number(RawText.encode(text).length));
    }

    /** Makes a file in the box's /dev, mounts it over its target, and removes it from /dev. */
    private static void cover(Step.Draft step, String name, String text) {
        Descriptor file = new Descriptor("etc-" + name);
        Descriptor copy = new Descriptor("etc-" + name + "-mount");
        Descriptor target = new Descriptor("etc-" + name + "-target");
        String aside = FOLDER + "-" + name;
        step.open(target, OPENAT2, fd(Descriptors.ROOTFS), text("etc/" + name), MountCalls.targetHow(false), number(24))
                .open(
                        file,
                        OPENAT,
                        fd(Descriptors.DEV),
                        text(aside),
                        flags(O_WRONLY, O_CREAT, O_EXCL, O_CLOEXEC),
                        DataArg.mode(0644))
                .call(WRITE, fd(file), text(text), number(RawText.encode(text).length));
        MountCalls.copy(step, copy, fd(Descriptors.DEV), aside, false);
        MountCalls.setAttributes(
                step,
                copy,
                false,
                List.of(MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC),
                List.of(),
                MS_PRIVATE);
        MountCalls.attach(step, copy, target);
        step.call(UNLINKAT, fd(Descriptors.DEV), text(aside), number(0));
    }
}
