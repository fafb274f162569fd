package io.jbox;

import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.Value;
import io.jbox.ids.OwnerShift;
import io.jbox.kernel.Syscall;
import io.jbox.plan.HookEnvironment;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.state.BoxLock;
import io.jbox.state.BoxRecord;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Removes what jbox has made of a box: its own folder and its state. Never what its configuration points to elsewhere. */
final class Destroyer {
    private final Jbox jbox;

    Destroyer(Jbox jbox) {
        this.jbox = jbox;
    }

    /** @param force whether a box that runs is ended, and one whose configuration is wrong removed */
    void destroy(String name, boolean force) {
        Path folder = Path.of(jbox.settings().boxes().folder(name));
        if (Files.isSymbolicLink(folder)) {
            throw new JboxException(folder + ": is a symbolic link", "jbox has not made it; remove it yourself");
        }
        boolean hasFolder = Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS);
        if (!hasFolder && !new File(jbox.state().of(name)).isDirectory()) {
            throw jbox.unknown(name);
        }
        Config config = read(name, folder, force);
        BoxRecord running = jbox.settler().look(name).record();
        if (running != null && !jbox.isOurs(running)) {
            throw new JboxException(
                    name + ": a box of that name runs, one of " + running.spec().boxes(),
                    "jbox stop " + name + " ends that one");
        }
        if (running != null) {
            if (!force) {
                throw new JboxException(name + ": is running", "jbox stop " + name + ", or destroy -f");
            }
        }
        if (hasFolder) {
            new TreeUsers(jbox).refuseRemoval(name, folder.toString(), force);
        }
        if (running != null) {
            jbox.box(name).stop(StopRequest.now());
        }
        jbox.state().make(name);
        try (BoxLock lock = BoxLock.take(jbox.kernel(), jbox.state().of(name))) {
            if (jbox.settler().read(name) != null) {
                throw new JboxException(name + ": is running", "somebody has just started it");
            }
            if (config != null) {
                hooks(config);
            }
            if (hasFolder) {
                remove(name, folder, force);
            }
            jbox.networks().forget(name);
            jbox.ids().release(name);
            // Logs and the last exit code; a box that was started from a file has nothing else.
            FileTree.remove(Path.of(jbox.state().of(name)));
        }
    }

    /** Nobody can begin to use what is in the folder while it is removed. */
    private void remove(String name, Path folder, boolean force) {
        if (jbox.kernel().call(Syscall.GETEUID) != 0) {
            new TreeUsers(jbox).refuseRemoval(name, folder.toString(), force);
            removeBox(name, folder);
            return;
        }
        try (OwnerShift.Hold hold = jbox.trees(name).alone(folder.toString())) {
            new TreeUsers(jbox).refuseRemoval(name, folder.toString(), force);
            removeBox(name, folder);
        }
    }

    /** What other users of an ordinary user's box have made there is only root's of such a user namespace to remove. */
    private void removeBox(String name, Path folder) {
        try {
            FileTree.remove(folder);
        } catch (JboxException e) {
            if (jbox.kernel().call(Syscall.GETEUID) == 0) {
                throw e;
            }
            try {
                List<String> command = new ArrayList<>(
                        List.of(jbox.settings().home() + "/bin/jbox", "unshare", "--user", "--map-root-user"));
                for (IdMapping ids : jbox.ids().look(name)) {
                    if (ids.inside() > 0) {
                        String option = ids.mapsUsers() ? "--map-users=" : "--map-groups=";
                        command.add(option + ids.inside() + ":" + ids.outside() + ":" + ids.count());
                    }
                }
                command.addAll(List.of("--", "rm", "-rf", "--one-file-system", "--", folder.toString()));
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor();
            } catch (IOException cause) {
                e.addSuppressed(cause);
            } catch (InterruptedException cause) {
                Thread.currentThread().interrupt();
                e.addSuppressed(cause);
            }
            if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
                throw e;
            }
        }
    }

    private @Nullable Config read(String name, Path folder, boolean force) {
        String file = jbox.settings().boxes().config(name);
        if (!new File(file).exists()) {
            return null;
        }
        try {
            return jbox.load(file, List.of());
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

    private void hooks(Config config) {
        String name = config.name().get();
        HostHooks hooks = new HostHooks(
                jbox.kernel(),
                name,
                config.hooks().timeout().get(),
                jbox.state().of(name) + "/log");
        for (Value<String> command : config.hooks().of("destroy")) {
            hooks.run("destroy", command.get(), command.place(), HookEnvironment.of(config, "destroy", null));
        }
    }
}
