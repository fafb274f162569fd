package io.jbox.bridge;

import io.jbox.facts.NetworkFolders;
import io.jbox.kernel.Kernel;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.state.FileLock;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The folder in which is written how far a bridge has come up; changes to the host are recorded before they are made. */
final class BridgeFolder {
    /** Written last: up is complete. */
    static final String UP = "up";
    /** Written before the interface is made: jbox may delete it. */
    static final String MADE = "made";
    /** Written before the rules are applied: the bridge should have some. */
    static final String MARKED = "marked";
    /** The ports that a forced down has disconnected, one name per line. */
    static final String CUT = "cut-off";

    private final String bridge;
    private final NetworkFolders folders;
    private final String root;
    private final String folder;

    BridgeFolder(String bridge, NetworkFolders folders) {
        this.bridge = bridge;
        this.folders = folders;
        this.root = folders.state() + "/.net";
        this.folder = folders.of(bridge);
    }

    String path() {
        return folder;
    }

    /** Makes it. dnsmasq may pass through the folders above; nobody may list them. */
    void make() {
        for (String path : List.of(folders.state(), root, folder)) {
            File made = new File(path);
            if (made.mkdir()
                    && !(made.setExecutable(true, false)
                            && made.setReadable(false, false)
                            && made.setReadable(true, true))) {
                throw new JboxException(path + ": its mode cannot be set");
            }
            if (!made.isDirectory()) {
                throw new JboxException(path + ": cannot be made", "jbox needs root for this: sudo jbox ...");
            }
        }
    }

    /** Of all bridges: one command at a time. */
    FileLock lock(Kernel kernel) {
        return new FileLock(kernel, root + "/lock");
    }

    boolean has(String name) {
        return new File(folder, name).exists();
    }

    /** The lines of a file; none if there is none. */
    List<String> lines(String name) {
        try {
            Path file = Path.of(folder, name);
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            throw new JboxException("bridge " + bridge + ": " + SystemError.of(e));
        }
    }

    void write(String name, String text) {
        try {
            Files.writeString(Path.of(folder, name), text);
        } catch (IOException e) {
            throw new JboxException("bridge " + bridge + ": " + SystemError.of(e));
        }
    }

    void delete(String name) {
        File file = new File(folder, name);
        if (!file.delete() && file.exists()) {
            throw new JboxException(file + ": cannot be removed");
        }
    }
}
