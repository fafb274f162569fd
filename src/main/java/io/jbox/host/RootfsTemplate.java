package io.jbox.host;

import io.jbox.kernel.Kernel;
import io.jbox.kernel.ProcessTree;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.problem.SystemError;
import io.jbox.program.Effect;
import io.jbox.program.Step;
import io.jbox.state.FileLock;
import io.jbox.state.StateFolder;
import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;

/** Makes missing root file systems with template scripts: one at a time, and each once. */
public final class RootfsTemplate {
    /** The PATH for its tools, independent of the caller's PATH. */
    private static final String FOLDERS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private final Kernel kernel;
    private final StateFolder folder;
    private final Consumer<String> tell;

    /**
     * @param folder contains the lock that serializes templates
     * @param tell receives a message about what is made, since it may take a while
     */
    public RootfsTemplate(Kernel kernel, StateFolder folder, Consumer<String> tell) {
        this.kernel = kernel;
        this.folder = folder;
        this.tell = tell;
    }

    /**
     * Runs a plan's template script; its output goes to standard error. The caller must then plan again.
     *
     * @throws JboxException if the script fails; it leaves nothing behind then
     */
    public void make(Step step, Effect.Template template) {
        make(step.subject(), step.place(), template.words());
    }

    /**
     * Runs a template script, unless another process has made the root file system meanwhile.
     *
     * @param subject how its failure is reported
     * @param place in the configuration that asked for it
     * @param command the script, the folder that it makes, and its other arguments
     * @throws JboxException if it fails; nothing is left behind
     */
    public void make(String subject, Place place, List<String> command) {
        folder.makeRoot();
        try (FileLock lock = new FileLock(kernel, folder.root() + "/.templates.lock")) {
            String target = command.get(1);
            if (!new File(target).exists()) {
                tell.accept("making the root file system " + target);
                run(subject, place, command);
            }
        }
    }

    private static void run(String subject, Place place, List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command);
        // Its standard output is only useful when it is run by hand.
        builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.redirectInput(new File("/dev/null"));
        String path = builder.environment().getOrDefault("PATH", "");
        builder.environment().put("PATH", path.isEmpty() ? FOLDERS : path + ":" + FOLDERS);
        int exitCode;
        try {
            Process process = builder.start();
            try {
                exitCode = process.waitFor();
            } catch (InterruptedException e) {
                // SIGTERM lets it remove what it has made.
                ProcessTree.terminate(process);
                Thread.currentThread().interrupt();
                throw new JboxException(new Problem(subject + ": interrupted", place));
            }
        } catch (IOException e) {
            throw new JboxException(new Problem(subject + ": " + SystemError.of(e), place));
        }
        if (exitCode != 0) {
            throw new JboxException(
                    new Problem(subject + ": " + command.get(0) + " failed with exit code " + exitCode, place));
        }
    }
}
