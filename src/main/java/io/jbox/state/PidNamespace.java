package io.jbox.state;

import io.jbox.kernel.Kernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * The PID namespace to which a state folder belongs. The process ids in its records mean nothing in another one: a jbox
 * there would take every box for dead, and clean it up. The file {@code .pidns} contains the namespace's name.
 */
final class PidNamespace {
    private static final String FILE = ".pidns";

    private final Kernel kernel;
    private final String root;
    private boolean checked;

    /** @param root the state folder */
    PidNamespace(Kernel kernel, String root) {
        this.kernel = kernel;
        this.root = root;
    }

    /**
     * Checks the namespace, once per process.
     *
     * @throws JboxException if boxes of another PID namespace are running, or /proc shows another one
     */
    synchronized void check() {
        if (checked) {
            return;
        }
        String own = own();
        String marked = marked();
        if (!marked.isEmpty() && !marked.equals(own) && isInUse()) {
            throw new JboxException(
                    "state folder " + root
                            + ": its boxes run in another PID namespace, where they cannot be seen from here",
                    "run jbox where they were started, or in a mount namespace with its own /run");
        }
        checked = true;
    }

    /** Claims the existing folder for this PID namespace. */
    synchronized void claim() {
        check();
        String own = own();
        if (!own.equals(marked())) {
            byte[] text = own.getBytes(StandardCharsets.US_ASCII);
            ReplacedFile.write(kernel, root + "/" + FILE + ".new", root + "/" + FILE, text, false);
        }
    }

    private String own() {
        try {
            String self = Files.readSymbolicLink(Path.of("/proc/self")).toString();
            if (!self.equals(OwnProcess.pid(kernel).toString())) {
                throw new JboxException("/proc belongs to another PID namespace", "mount -t proc proc /proc");
            }
            return Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).toString();
        } catch (IOException e) {
            throw new JboxException("/proc/self: " + SystemError.of(e), "mount -t proc proc /proc");
        }
    }

    private String marked() {
        try {
            return Files.readString(Path.of(root, FILE));
        } catch (NoSuchFileException e) {
            return "";
        } catch (IOException e) {
            throw new JboxException(root + "/" + FILE + ": " + SystemError.of(e));
        }
    }

    /** Whether any monitor lives or any command is at work. */
    private boolean isInUse() {
        for (String box : StateFolder.names(root)) {
            if (FileLock.isHeld(kernel, root + "/" + box + "/monitor.lock")) {
                return true;
            }
        }
        return PendingWork.isAnyGoingOn(kernel, root);
    }
}
