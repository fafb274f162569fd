package io.jbox.life;

import io.jbox.host.FileTree;
import io.jbox.ids.UserIds;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.kernel.ProcessTree;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Another jbox process that works on a store and on boxes' files. Its JVM uses the better compiler, which starts more
 * slowly but computes checksums ten times as fast. For an ordinary user it is root of a user namespace with the ids of
 * the user's boxes: only there can the user make, read and remove files that belong to other users of a box.
 */
final class StoreProgram {
    private static final String PREFIX = "jbox: ";

    private final String home;
    private final String folder;
    private final boolean keeping;

    /**
     * @param home the folder that jbox is installed in
     * @param folder of the store
     * @param keeping whether a user keeps their own id in the boxes of this store
     */
    StoreProgram(String home, String folder, boolean keeping) {
        this.home = home;
        this.folder = folder;
        this.keeping = keeping;
    }

    /** Reads the output of such a program. */
    interface Reader {
        void read(InputStream written) throws IOException;
    }

    /** Whether this process may change trees itself. */
    static boolean isOwner() {
        return OwnProcess.isRoot(NativeKernel.open());
    }

    private ProcessBuilder builder(List<String> words) {
        List<String> all = new ArrayList<>(List.of(home + "/bin/jbox", "store", "--store", folder));
        all.addAll(words);
        return isOwner() ? new ProcessBuilder(all) : ownRoot().program(all);
    }

    private OwnRoot ownRoot() {
        Kernel kernel = NativeKernel.open();
        return keeping
                ? new OwnRoot(kernel, home, UserIds.keeping(kernel, System.getProperty("user.name", "")))
                : new OwnRoot(kernel, home);
    }

    /**
     * The words that run a command in a box. The box dies with the process that executes them, and that process dies
     * with this one.
     *
     * @param file the box's configuration
     */
    static List<String> run(String home, Path file, List<String> command) {
        List<String> words = new ArrayList<>(
                List.of("setpriv", "--pdeathsig", "KILL", home + "/bin/jbox", "run", file.toString(), "--"));
        words.addAll(command);
        return words;
    }

    /** Removes a folder with files of a box. */
    void remove(Path folder) {
        if (isOwner()) {
            FileTree.remove(folder);
        } else {
            ownRoot().remove(folder);
        }
    }

    /**
     * Runs it with these standard streams.
     *
     * @return its exit code
     */
    int run(List<String> words, ProcessBuilder.Redirect input, ProcessBuilder.Redirect output) {
        ProcessBuilder builder = builder(words).redirectInput(input).redirectOutput(output);
        try {
            return end(builder.redirectError(ProcessBuilder.Redirect.INHERIT).start());
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * Runs it for its result.
     *
     * @param input for its standard input
     * @param quiet whether its error is thrown rather than printed
     * @param reader receives its output
     * @throws JboxException if it fails
     */
    void run(List<String> words, String input, boolean quiet, Reader reader) {
        ProcessBuilder builder = builder(words);
        builder.redirectError(quiet ? ProcessBuilder.Redirect.PIPE : ProcessBuilder.Redirect.INHERIT);
        try {
            Process process = builder.start();
            try {
                give(process, input);
                reader.read(process.getInputStream());
                check(process);
            } finally {
                ProcessTree.terminate(process);
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Writes the standard input of a program. */
    interface Writer {
        void write(OutputStream to) throws IOException;
    }

    /**
     * Runs it on the input that a writer produces.
     *
     * @throws JboxException if it fails, or the writer does
     */
    void run(List<String> words, Writer writer) {
        ProcessBuilder builder = builder(words).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        try {
            Process process = builder.start();
            try {
                IOException failure = null;
                try (OutputStream in = process.getOutputStream()) {
                    writer.write(in);
                } catch (IOException e) {
                    // If the program has ended, its own error is the better one.
                    failure = e;
                } catch (RuntimeException e) {
                    // Its input is incomplete, so it removes what it has made.
                    end(process);
                    throw e;
                }
                check(process);
                if (failure != null) {
                    throw failure;
                }
            } finally {
                ProcessTree.terminate(process);
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Takes the error from one line of its error output, which fits into the pipe. */
    private static void check(Process process) throws IOException {
        String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        if (end(process) != 0) {
            String message = said.strip();
            throw new JboxException(
                    message.startsWith(PREFIX)
                            ? message.substring(PREFIX.length())
                            : message.isEmpty() ? "jbox store failed" : message);
        }
    }

    private static void give(Process process, String input) {
        try (OutputStream in = process.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It has ended, and reports why.
            return;
        }
    }

    private static int end(Process process) {
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            ProcessTree.terminate(process);
            Thread.currentThread().interrupt();
            throw new JboxException("jbox store: interrupted");
        }
    }

    private static JboxException failed(IOException e) {
        return new JboxException("jbox store: " + SystemError.of(e));
    }
}
