package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.problem.SystemError;
import io.jbox.state.Folders;
import io.jbox.state.ReplacedFile;
import io.jbox.store.Sha256;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Remembers what the files of a project's environment said when it was used last. A project lies in the box that its own
 * files describe: what runs there must not decide what the host does for the next box. The files are read-only in the box, but
 * a host's editor that replaces one by renaming another takes that away.
 */
public final class DevApproval {
    private static final String NAME = "/dev.files";

    private final Config config;
    private final Config.Dev dev;
    private final String file;

    /** @param folder of the box */
    public DevApproval(Config config, Config.Dev dev, String folder) {
        this.config = config;
        this.dev = dev;
        this.file = folder + NAME;
    }

    /**
     * Takes note of files that are used for the first time, or are to be used although they have changed.
     *
     * @param read the hash of each file's text, by its path
     * @param allowed whether the user says that a change is the user's own
     * @throws JboxException if they have changed, or the box is another project's
     */
    public void check(Map<String, String> read, boolean allowed) {
        StringBuilder all = new StringBuilder();
        read.forEach((path, hash) -> all.append(hash).append(' ').append(path).append('\n'));
        String project = hash(dev.project());
        String files = hash(all.toString());
        String[] before = before();
        String box = config.name().get();
        if (before.length == 2 && !before[0].equals(project)) {
            throw new JboxException(new Problem(
                    "name: the box \"" + box + "\" is another project's",
                    config.name().place(),
                    "give this one another name, or leave name out"));
        }
        if (before.length == 2 && !before[1].equals(files) && !allowed) {
            throw new JboxException(new Problem(
                    "dev: this file, or one that it includes, has changed since " + box + " was used last",
                    dev.place(),
                    "what runs in the box may have done that: read it, and then jbox dev --allow"));
        }
        if (before.length != 2 || !before[1].equals(files)) {
            Kernel kernel = NativeKernel.open();
            Folders.make(new File(file).getParentFile());
            byte[] text = (project + " " + files + "\n").getBytes(StandardCharsets.UTF_8);
            ReplacedFile.write(kernel, file + ".new", file, text, false);
        }
    }

    private String[] before() {
        try {
            return Files.readString(Path.of(file)).strip().split(" ");
        } catch (NoSuchFileException e) {
            return new String[0];
        } catch (IOException e) {
            throw new JboxException(file + ": " + SystemError.of(e));
        }
    }

    private static String hash(String text) {
        return Sha256.of(text.getBytes(StandardCharsets.UTF_8));
    }
}
