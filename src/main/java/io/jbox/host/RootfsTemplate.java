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

/** Makes root file systems that are not there yet, by template scripts: one at a time, and each once. */
public final class RootfsTemplate {
    /** Where its tools are, whatever the caller's PATH is. */
    private static final String FOLDERS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private final Kernel kernel;
    private final StateFolder folder;
    private final Consumer<String> tell;

    /**
     * @param folder has the lock that makers wait for each other with
     * @param tell is told what is made, for it may take a while
     */
    public RootfsTemplate(Kernel kernel, StateFolder folder, Consumer<String> tell) {
        this.kernel = kernel;
        this.folder = folder;
        this.tell = tell;
    }

    /**
     * Runs a plan's template script; its output goes to standard error. The plan is to be made anew then.
     *
     * @throws JboxException if the script fails; it leaves nothing behind then
     */
    public void make(Step step, Effect.Template template) {
        make(step.subject(), step.place(), template.words());
    }

    /**
     * Runs a template script, unless somebody else has made the root file system meanwhile.
     *
     * @param subject how its failure is reported
     * @param place in the configuration that asked for it
     * @param command the script, the folder that it makes, and its other arguments
     * @throws JboxException if it fails; it leaves nothing behind then
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
        // Its standard output is for those who run it by hand.
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
                // It takes what it has made away again.
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
