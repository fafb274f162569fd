package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.host.FileTree;
import io.jbox.nic.RecordedBoxes;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.request.StopRequest;
import io.jbox.state.BoxLock;
import io.jbox.state.BoxRecord;
import io.jbox.state.PendingWork;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Removes what jbox has made for a box: its folder and its state. It never removes files elsewhere that the
 * configuration names.
 */
public final class Destroyer {
    private static final int MOST_PAUSES = 25;
    private static final long PAUSE_MILLIS = 20;

    private final BoxRegistry registry;

    public Destroyer(BoxRegistry registry) {
        this.registry = registry;
    }

    /** @param force whether to end a running box, and to remove one with an invalid configuration */
    public void destroy(String name, boolean force) {
        Path folder = Path.of(registry.settings().boxes().folder(name));
        if (Files.isSymbolicLink(folder)) {
            throw new JboxException(folder + ": is a symbolic link", "jbox did not make it; remove it yourself");
        }
        boolean hasFolder = Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS);
        if (!hasFolder && !new File(registry.state().of(name)).isDirectory()) {
            throw registry.unknown(name);
        }
        Config config = read(name, folder, force);
        String definition = registry.settings().boxes().config(name);
        SeenFiles seen = config == null ? null : new SeenFiles(registry, config, definition);
        BoxRecord running = running(name, force);
        if (running != null && !registry.isOurs(running)) {
            throw new JboxException(
                    name + ": the running box of that name belongs to "
                            + running.spec().origin().boxes(),
                    "stop that one with jbox stop " + name);
        }
        if (running != null) {
            if (!force) {
                throw new JboxException(name + ": is running", "jbox stop " + name + ", or destroy -f");
            }
        }
        if (hasFolder) {
            new TreeUsers(registry).refuseRemoval(name, folder.toString(), force);
        }
        if (running != null) {
            new Stopper(registry).stop(name, StopRequest.now());
        }
        try (SettledBox settled = SettledBox.take(registry, name)) {
            if (settled.record() != null) {
                throw new JboxException(name + ": is running", "it has just been started");
            }
            requireSeen(name, folder, config, seen, settled.lock());
            if (config != null) {
                DefinitionHooks.run(registry, config, "destroy", List.of());
            }
            if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                new TreeUsers(registry).remove(name, folder, force);
            }
            if (config != null && isWithin(config, folder)) {
                forgetImage(config);
            }
            RecordedBoxes taken =
                    new RecordedBoxes(registry.kernel(), registry.state().root());
            registry.networks().forget(name, taken);
            registry.ids().release(name, taken);
            // Logs and the last exit code; a box started from a file has left nothing else.
            FileTree.remove(Path.of(registry.state().of(name)));
        }
    }

    /** The record of a running box. If the box has ended, waits for its cleanup, or cuts it short if forced. */
    private @Nullable BoxRecord running(String name, boolean force) {
        Settler.Truth truth = registry.settler().tidyUp(name);
        if (force || truth.record() == null || !SettledBox.isAftermath(truth.state(), truth.record())) {
            return truth.record();
        }
        try (SettledBox settled = SettledBox.take(registry, name)) {
            return settled.record();
        }
    }

    /** Fails if another destroy or rename was faster. */
    private void requireSeen(
            String name, Path folder, @Nullable Config config, @Nullable SeenFiles seen, BoxLock held) {
        try {
            String[] state = new File(registry.state().of(name)).list();
            boolean hasNothing = state == null || state.length == 0;
            if (hasNothing && !Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                throw registry.unknown(name);
            }
            if (seen != null) {
                seen.requireDefinition();
            }
            if (config != null && isWithin(config, folder)) {
                awaitOthers(name);
            }
        } catch (JboxException e) {
            registry.state().forgetIfEmpty(name, held);
            throw e;
        }
    }

    private static boolean isWithin(Config config, Path folder) {
        return config.rootfs().path().get().path().startsWith(folder + "/");
    }

    /** Removes the store's note that the box uses a tree. */
    private static void forgetImage(Config config) {
        Config.Image image = config.rootfs().image();
        if (image != null) {
            Resetter.delete(image.userLink());
        }
    }

    /**
     * Waits briefly for other commands that work on the box. A run command has no record and may be about to make the
     * files that are being removed; a start that has just released the box's lock is about to end.
     */
    private void awaitOthers(String name) {
        String root = registry.state().root();
        for (int i = 0; PendingWork.isGoingOn(registry.kernel(), root, name); i++) {
            if (i == MOST_PAUSES) {
                throw new JboxException(name + ": another command uses it", "it must end first");
            }
            try {
                Thread.sleep(PAUSE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private @Nullable Config read(String name, Path folder, boolean force) {
        String file = registry.settings().boxes().config(name);
        if (!new File(file).exists()) {
            return null;
        }
        try {
            return registry.load(file, List.of());
        } catch (JboxException e) {
            if (force) {
                return null;
            }
            List<Problem> problems = new ArrayList<>(e.problems());
            problems.add(new Problem(
                    name + ": its configuration is wrong, so jbox does not know what belongs to it",
                    null,
                    "destroy -f removes " + folder + " with " + contents(folder) + ", and runs no hooks"));
            throw new JboxException(problems, JboxException.FAILED);
        }
    }

    private static String contents(Path folder) {
        String[] names = folder.toFile().list();
        return names == null || names.length == 0 ? "nothing in it" : String.join(", ", names);
    }
}
