package io.jbox.image;

import io.jbox.kernel.ProcessTree;
import io.jbox.problem.JboxException;
import io.jbox.problem.Printable;
import io.jbox.problem.SystemError;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Runs programs of Debian's, each to its end. */
public final class DebianTools {
    private static final int MOST = 64 << 20;
    private static final String ERROR = "E: ";
    private static final String JBOX = "jbox: ";
    /** Of a line, in characters. */
    private static final int LONGEST = 1000;

    private static final String DPKG = "dpkg: error ";

    private final String what;
    private final Progress progress;

    /** @param what is made, for errors */
    public DebianTools(String what, Progress progress) {
        this.what = what;
        this.progress = progress;
    }

    String what() {
        return what;
    }

    /** An error about what is made. */
    JboxException failure(String cause, String hint) {
        return new JboxException(what + ": " + cause, hint);
    }

    /** Reads what a program writes. */
    public interface Reader {
        void read(InputStream written) throws IOException;
    }

    /** Returns what a program has written. */
    String output(List<String> words) {
        byte[][] all = new byte[1][];
        try {
            run(name(words), words, written -> {
                all[0] = written.readNBytes(MOST);
                if (written.read() >= 0) {
                    throw new IOException("writes more than " + MOST + " bytes");
                }
            });
        } catch (IOException e) {
            throw new JboxException(what + ": " + words.get(0) + ": " + SystemError.of(e));
        }
        return new String(all[0], StandardCharsets.UTF_8);
    }

    private static String name(List<String> words) {
        // Behind a wrapper such as prlimit(1), errors name the wrapped program.
        String program = words.get(0);
        for (String word : words) {
            program = word.startsWith("/usr/lib/") ? word : program;
        }
        return program.substring(program.lastIndexOf('/') + 1);
    }

    /**
     * Lets a program write for a reader; what it says on its standard error is told as progress.
     *
     * @param name of the program, for errors
     * @throws JboxException with the program's own words if it fails
     * @throws IOException if the reader does
     */
    public void run(String name, List<String> words, Reader reader) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(words).redirectInput(new File("/dev/null"));
        builder.environment().put("LC_ALL", "C.UTF-8");
        builder.environment().put("TZ", "UTC");
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw failure(name + ": " + SystemError.of(e), "Debian packages are set up on Debian");
        }
        Said said = new Said(process, progress);
        try {
            said.start();
            reader.read(process.getInputStream());
            int code = process.waitFor();
            said.join();
            if (code != 0) {
                throw new JboxException(what + ": " + name + ": " + said.error());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JboxException(what + ": interrupted");
        } finally {
            ProcessTree.terminate(process);
        }
    }

    /** What a program says, line by line. */
    private static final class Said extends Thread {
        private final Process process;
        private final Progress progress;
        private volatile String last = "it failed, and says nothing";
        private volatile String error = "";
        private boolean continues;
        private volatile String box = "";

        Said(Process process, Progress progress) {
            super("jbox-said");
            this.process = process;
            this.progress = progress;
            setDaemon(true);
        }

        @Override
        public void run() {
            try (BufferedReader text = process.errorReader(StandardCharsets.UTF_8)) {
                StringBuilder line = new StringBuilder();
                for (int c = text.read(); c >= 0; c = text.read()) {
                    if (c == '\n') {
                        said(Printable.of(line.toString().strip()));
                        line.setLength(0);
                    } else if (line.length() < LONGEST) {
                        // A package's script may write as much as it likes.
                        line.append((char) c);
                    }
                }
            } catch (IOException e) {
                // It has ended.
                return;
            }
        }

        private void said(String line) {
            if (line.isEmpty()) {
                return;
            }
            last = line;
            if (continues) {
                // The cause of what has just been said.
                error += " " + line;
                continues = false;
            } else if (error.isEmpty() && line.startsWith(DPKG)) {
                error = line.substring(DPKG.length());
                continues = error.endsWith(":");
            } else if (error.isEmpty() && line.startsWith(ERROR)) {
                // What follows is mostly that something else could not go on.
                error = line.substring(line.lastIndexOf(ERROR) + ERROR.length());
                continues = error.endsWith(":");
            } else if (line.startsWith(JBOX)) {
                // Of the box; what follows is its place and its hint.
                box = line.substring(JBOX.length());
            }
            progress.step(line.startsWith("I: ") ? line.substring(ERROR.length()) : line);
        }

        String error() {
            return !error.isEmpty() ? error : box.isEmpty() ? last : box;
        }
    }
}
