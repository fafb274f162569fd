package io.jbox.bridge;

import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds and runs host programs that do parts of the network setup. */
final class Command {
    private static final List<String> FOLDERS =
            List.of("/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin", "/bin", "/usr/local/bin");

    private Command() {}

    /** Finds a program in root's own folders, whatever PATH says; null if missing. */
    static @Nullable String find(String name) {
        for (String folder : FOLDERS) {
            File file = new File(folder, name);
            if (file.canExecute()) {
                return file.getPath();
            }
        }
        return null;
    }

    /** A program is in none of those folders. */
    static void absent(String name, Reliance reliance) {
        for (String folder : FOLDERS) {
            reliance.absent(folder + "/" + name);
        }
    }

    /**
     * Runs a program to its end.
     *
     * @param input its standard input
     * @return its output, if its exit code is 0
     * @throws JboxException with the last line of its output, if it fails
     */
    static String run(List<String> words, String input) {
        String name = new File(words.get(0)).getName();
        ProcessBuilder builder =
                new ProcessBuilder(words).redirectErrorStream(true).directory(new File("/"));
        try {
            Process process = builder.start();
            try (var in = process.getOutputStream()) {
                in.write(input.getBytes(StandardCharsets.UTF_8));
            }
            String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            int code = process.waitFor();
            if (code != 0) {
                String[] lines = printed.split("\n");
                throw new JboxException(name + ": " + (printed.isEmpty() ? "failed with " + code : lines[0]));
            }
            return printed;
        } catch (IOException e) {
            throw new JboxException(name + ": " + SystemError.of(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JboxException(name + ": interrupted");
        }
    }
}
