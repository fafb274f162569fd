package io.jbox.launch;

import io.jbox.config.WaitStatus;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.Pidfd;
import io.jbox.kernel.ProcessTree;
import io.jbox.number.Pid;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.problem.SystemError;
import io.jbox.program.Arg;
import io.jbox.program.Descriptor;
import io.jbox.program.Effect;
import io.jbox.program.Fail;
import io.jbox.program.ProcArg;
import io.jbox.program.Step;
import io.jbox.uapi.Errno;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A host program that a step executes. The launch normally continues when the program has ended. If its standard input
 * is a pipe, the launch continues when the program has written a final 1 (ready) and closed its standard output; it
 * then runs until the pipe ends, and the call's result is its pidfd.
 */
final class HostProgram {
    private static final int MAX_MESSAGE = 4096;
    private static final int READY = '1';
    private static final long PATIENCE_MILLIS = 30_000;

    private final Kernel kernel;
    private final String box;
    private final Step step;
    private final Effect.HostProgram effect;

    HostProgram(Kernel kernel, String box, Step step, Effect.HostProgram effect) {
        this.kernel = kernel;
        this.box = box;
        this.step = step;
        this.effect = effect;
    }

    /**
     * @param initPid id of the first process, used in the words
     * @throws JboxException if it cannot be executed, fails, or is neither ready nor finished within half a minute
     */
    void run(Map<Descriptor, Fd> open, int initPid) {
        List<String> words = words(open, initPid);
        Descriptor tie = effect.tie();
        boolean stays = tie != null;
        ProcessBuilder builder = new ProcessBuilder(words).directory(new File("/"));
        builder.redirectInput(new File(
                tie != null ? "/proc/self/fd/" + Holdings.get(open, tie).number() : "/dev/null"));
        if (!stays) {
            builder.redirectErrorStream(true);
        }
        for (String word : stays ? words : List.<String>of()) {
            if (word.startsWith("/usr/bin/") && !new File(word).canExecute()) {
                throw problem(": " + word + " is missing or not executable", step.hintFor(null, Errno.ENOENT));
            }
        }
        try {
            // Errors before it is ready are reported; later ones are discarded.
            Process process = builder.start();
            try (Deadline deadline = new Deadline(process);
                    InputStream out = process.getInputStream();
                    InputStream err = process.getErrorStream()) {
                byte[] said = out.readNBytes(MAX_MESSAGE);
                if (stays && said.length > 0 && said[said.length - 1] == READY) {
                    keep(process, open);
                    return;
                }
                if (deadline.isOver()) {
                    throw problem(": takes more than " + PATIENCE_MILLIS / 1000 + " s", "");
                }
                if (stays) {
                    // Killing it through its handle leaves its output readable.
                    process.toHandle().destroyForcibly();
                }
                byte[] message = stays ? err.readNBytes(MAX_MESSAGE) : said;
                int code = process.waitFor();
                if (stays || code != 0) {
                    throw failure(words.get(0), code, new String(message, StandardCharsets.UTF_8));
                }
            }
        } catch (IOException e) {
            String errno = new File(words.get(0)).exists() ? "EACCES" : "ENOENT";
            throw problem(": " + SystemError.of(e), errno);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JboxException(box + ": " + step.subject() + ": interrupted");
        }
    }

    private void keep(Process process, Map<Descriptor, Fd> open) {
        Fd pidfd = Pidfd.find(kernel, new Pid((int) process.pid()));
        if (effect.result() == null) {
            throw new IllegalArgumentException("nobody is to know it: " + effect);
        }
        if (pidfd != null) {
            open.put(effect.result(), pidfd);
        }
        // If it still lives, the pidfd is surely its own.
        if (pidfd == null || !process.isAlive()) {
            throw problem(": it exited too early, just after it was ready", "");
        }
    }

    /** Kills a program that takes too long, which also ends all reads of its output. */
    private static final class Deadline implements AutoCloseable {
        private final Thread thread;
        private volatile boolean over;

        Deadline(Process process) {
            thread = new Thread(() -> {
                try {
                    Thread.sleep(PATIENCE_MILLIS);
                    over = true;
                    ProcessTree.kill(process);
                } catch (InterruptedException e) {
                    // The program finished in time.
                    return;
                }
            });
            thread.setDaemon(true);
            thread.start();
        }

        boolean isOver() {
            return over;
        }

        /** On return, all processes of a program that took too long are gone. */
        @Override
        public void close() {
            thread.interrupt();
            boolean interrupted = Thread.interrupted();
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private List<String> words(Map<Descriptor, Fd> open, int initPid) {
        List<String> words = new ArrayList<>(List.of(effect.file()));
        for (Arg word : effect.words().subList(1, effect.words().size())) {
            if (word instanceof Arg.Text text) {
                words.add(text.text());
            } else if (word instanceof ProcArg.OfInit ofInit) {
                words.add(ofInit.before() + "/proc/" + initPid + "/" + ofInit.file());
            } else if (word instanceof ProcArg.PidOf other) {
                words.add(Pidfd.pidOf(Holdings.get(open, other.program()).number()));
            } else if (word instanceof ProcArg.InitPid) {
                words.add(Integer.toString(initPid));
            } else {
                throw new IllegalArgumentException("not a word of a program: " + word);
            }
        }
        return words;
    }

    private JboxException failure(String program, int code, String message) {
        String said = message.strip();
        int end = said.indexOf('\n');
        String line = end < 0 ? said : said.substring(0, end);
        String first = line.startsWith("jbox: ") ? line.substring("jbox: ".length()) : line;
        return problem(
                ": " + (first.isEmpty() ? name(program) + ": " + WaitStatus.describe(code << 8) : first),
                step.hintFor(Fail.Reason.STATUS));
    }

    private static String name(String program) {
        return program.substring(program.lastIndexOf('/') + 1);
    }

    private JboxException problem(String cause, @Nullable String hint) {
        return new JboxException(new Problem(box + ": " + step.subject() + cause, step.asked(), hint));
    }
}
