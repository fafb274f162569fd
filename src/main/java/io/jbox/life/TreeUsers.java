package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.host.MountedTrees;
import io.jbox.ids.OwnerShift;
import io.jbox.kernel.OwnProcess;
import io.jbox.problem.JboxException;
import io.jbox.state.BoxRecord;
import io.jbox.state.DamagedRecordException;
import io.jbox.state.ProcessId;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the boxes that use a tree of host files: as their root file system, as a layer of it, or as the source of a
 * bind mount.
 *
 * <p>A running box counts, and so does a box defined in the folder of boxes; a file in the search path does not. A
 * definition that cannot be read is ignored, since its trees are unknown.
 */
final class TreeUsers {
    private final BoxRegistry registry;

    TreeUsers(BoxRegistry registry) {
        this.registry = registry;
    }

    /**
     * A box that uses a tree.
     *
     * @param runs whether it runs now; else it is only defined
     * @param config of a defined one; null for one that runs
     * @param path the part of the tree that it uses
     */
    record User(String box, boolean runs, @Nullable Config config, String path) {
        /** {@code box web, which runs, uses /srv/web}. */
        String describe() {
            return "box " + box + (runs ? ", which runs, uses " : " is defined and uses ") + path;
        }
    }

    /**
     * Finds a box that uses the tree or a part of it, or a running box that uses a larger tree around it. Prefers a
     * running box to one that is only defined.
     *
     * @param except a box to ignore
     */
    @Nullable
    User find(String tree, String except) {
        User running = findRunning(tree, except);
        return running != null ? running : findDefined(tree, except);
    }

    /** Returns the locks that prevent changes of owners in trees while boxes use them. */
    OwnerShift holds(String box) {
        return new OwnerShift(registry.kernel(), registry.settings().ids(), (tree, range) -> {
            User user = find(tree, box);
            @Nullable Config other = user == null ? null : user.config();
            boolean wantsTheSame = other != null
                    && other.shifts()
                    && other.namespaces().idmap().size() == 1
                    && other.namespaces().idmap().get(0).get().equals(range);
            return user == null || wantsTheSame ? null : user.describe();
        });
    }

    private @Nullable User findRunning(String tree, String except) {
        MountedTrees place = MountedTrees.of(real(tree));
        for (String box : registry.state().names()) {
            if (box.equals(except)) {
                continue;
            }
            try {
                BoxRecord record = registry.state().read(box);
                List<String> trees =
                        record == null ? List.of() : record.spec().origin().trees();
                String within = findWithin(tree, trees);
                String path = within != null ? within : findAround(tree, trees);
                if (path != null) {
                    return new User(box, true, null, path);
                }
                ProcessId init = record == null ? null : record.init();
                String seen = place == null || init == null || !init.isAlive()
                        ? null
                        : place.findIn(init.pid().number());
                if (seen != null) {
                    return new User(box, true, null, tree + ", under another path, as its " + seen);
                }
            } catch (DamagedRecordException e) {
                continue; // whoever starts that box is told
            }
        }
        return null;
    }

    private @Nullable User findDefined(String tree, String except) {
        for (String box : registry.defined()) {
            Config config = box.equals(except) ? null : registry.findConfig(box);
            String path = config == null ? null : findWithin(tree, config.hostTrees());
            if (path != null) {
                return new User(box, false, config, path);
            }
        }
        return null;
    }

    private static @Nullable String findWithin(String tree, List<String> paths) {
        Path whole = real(tree);
        for (String path : paths) {
            if (real(path).startsWith(whole)) {
                return path;
            }
        }
        return null;
    }

    /**
     * The same for a box that sees the tree as part of a larger one. A box with the whole host as its tree does not
     * count.
     */
    private static @Nullable String findAround(String tree, List<String> paths) {
        Path part = real(tree);
        for (String path : paths) {
            Path whole = real(path);
            if (whole.getNameCount() > 0 && part.startsWith(whole)) {
                return path;
            }
        }
        return null;
    }

    /** Resolves links in a path; returns it unchanged if nothing exists there. */
    static Path real(String path) {
        try {
            return Path.of(path).toRealPath();
        } catch (IOException | InvalidPathException e) {
            return Path.of(path).toAbsolutePath().normalize();
        }
    }

    /**
     * Refuses to remove a tree that a box uses.
     *
     * @param force whether to remove it even if boxes that are defined but do not run use it
     * @throws JboxException that names the user
     */
    void refuseRemoval(String box, String tree, boolean force) {
        User user = find(tree, box);
        if (user != null && (user.runs || !force)) {
            throw new JboxException(
                    box + ": " + user.describe(),
                    user.runs
                            ? "jbox stop " + user.box + " first"
                            : "jbox destroy " + user.box + " first; or destroy -f removes it anyway");
        }
    }

    /**
     * Removes a box's tree, which no other box can begin to use meanwhile.
     *
     * @param force whether to remove it even if boxes that are defined but do not run use it
     * @throws JboxException that names the user, if there is one
     */
    void remove(String box, Path tree, boolean force) {
        OwnRoot root = new OwnRoot(registry.kernel(), registry.settings().home());
        if (!OwnProcess.isRoot(registry.kernel())) {
            refuseRemoval(box, tree.toString(), force);
            root.remove(tree);
            return;
        }
        try (OwnerShift.Hold hold = holds(box).alone(tree.toString())) {
            refuseRemoval(box, tree.toString(), force);
            root.remove(tree);
        }
    }
}
