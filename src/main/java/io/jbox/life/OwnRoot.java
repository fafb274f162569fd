package io.jbox.life;

import io.jbox.config.IdMapping;
import io.jbox.host.FileTree;
import io.jbox.ids.BoxIds;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.problem.JboxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs programs as root of a user namespace with the ids of an ordinary user's boxes. Only there can the user make and
 * remove files that belong to other users of such a box.
 */
final class OwnRoot {
    private final Kernel kernel;
    private final String home;
    private final List<IdMapping> ids;

    /** @param home the folder that jbox is installed in */
    OwnRoot(Kernel kernel, String home) {
        this(kernel, home, BoxIds.of(kernel, "").look(""));
    }

    /** @param ids to use instead of those of the user's boxes */
    OwnRoot(Kernel kernel, String home, List<IdMapping> ids) {
        this.kernel = kernel;
        this.home = home;
        this.ids = ids;
    }

    /** Prepares a program with these words to run in that namespace. */
    ProcessBuilder program(List<String> words) {
        List<String> command = new ArrayList<>(List.of(home + "/bin/jbox", "unshare", "--user"));
        // A user may always map their own id, without ids from /etc/subuid.
        boolean own = ids.contains(new IdMapping('u', 0, OwnProcess.user(kernel).number(), 1));
        command.addAll(own ? List.of("--map-root-user") : List.of("--setuid", "0", "--setgid", "0"));
        for (IdMapping mapping : ids) {
            if (own && mapping.inside() == 0) {
                continue;
            }
            String option = mapping.mapsUsers() ? "--map-users=" : "--map-groups=";
            command.add(option + mapping.inside() + ":" + mapping.outside() + ":" + mapping.count());
        }
        command.add("--");
        command.addAll(words);
        return new ProcessBuilder(command);
    }

    /** Removes a tree of files, also those of other users of a box. */
    void remove(Path folder) {
        try {
            FileTree.remove(folder);
        } catch (JboxException e) {
            if (OwnProcess.isRoot(kernel)) {
                throw e;
            }
            try {
                program(List.of("rm", "-rf", "--one-file-system", "--", folder.toString()))
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
}
