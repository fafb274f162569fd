package io.jbox.testhost;

import io.jbox.testhost.TestHost.Result;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * jbox as users call it, without variables of the tests: those with JBOX_ in their names forbid compiled programs. Its
 * Java notes each time that it is executed, so that a test sees which way a command has taken.
 */
public final class NotedJava {
    /** What commands of a shell call jbox by. */
    public static final String JBOX = Path.of("bin/jbox").toAbsolutePath().toString();

    private static final Path HOME = Path.of("/run/noted-java");
    private static final Path NOTES = Path.of("/run/noted-java/notes");

    private NotedJava() {}

    /** What a command has done, and by how many JVMs. */
    public record Noted(Result result, int jvms) {}

    /** Makes the Java. */
    public static void make() {
        String real = System.getProperty("java.home");
        try {
            Files.createDirectories(HOME.resolve("bin"));
            Path java = HOME.resolve("bin/java");
            // A note is one write, which the kernel appends as a whole. Not counted is what works in the background.
            Files.writeString(
                    java,
                    "#!/bin/sh\ncase \" $* \" in *' compile '*|*' warm-up '*|*' version '*) ;; *) echo \"$$\" >>"
                            + NOTES + " ;; esac\nexec " + real + "/bin/java \"$@\"\n");
            Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.deleteIfExists(HOME.resolve("release"));
            Files.createSymbolicLink(HOME.resolve("release"), Path.of(real, "release"));
            Files.writeString(NOTES, "");
            Files.setPosixFilePermissions(NOTES, PosixFilePermissions.fromString("rw-rw-rw-"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A builder for a command with standard input from /dev/null, which sees jbox's path as $JBOX. */
    public static ProcessBuilder builder(List<String> command, Map<String, String> environment) {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(name -> name.startsWith("JBOX_"));
        builder.environment().put("JAVA_HOME", HOME.toString());
        builder.environment().put("JBOX", JBOX);
        builder.environment().put("PWD", "/run");
        builder.environment().putAll(environment);
        return builder.directory(new File("/run")).redirectInput(new File("/dev/null"));
    }

    /** Runs jbox, and whatever else there is in a command. No signal is ignored, whatever the tests were started by. */
    public static Noted run(List<String> words, Map<String, String> environment) {
        List<String> command = new ArrayList<>(List.of("env", "--default-signal"));
        command.addAll(words);
        try {
            int before = count();
            File out = File.createTempFile("out", null);
            File err = File.createTempFile("err", null);
            Process process = builder(command, environment)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(out))
                    .redirectError(ProcessBuilder.Redirect.appendTo(err))
                    .start();
            int code = TestHost.exitCode(process);
            Result result = new Result(code, text(out), text(err));
            return new Noted(result, count() - before);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same of a command line of a shell. */
    public static Noted sh(String line) {
        return run(List.of("sh", "-c", line), Map.of());
    }

    /** The same of jbox alone. */
    public static Noted jbox(String... words) {
        List<String> command = new ArrayList<>(List.of(JBOX));
        command.addAll(List.of(words));
        return run(command, Map.of());
    }

    /** Every byte is a character. */
    private static String text(File file) throws IOException {
        return Files.readString(file.toPath(), StandardCharsets.ISO_8859_1);
    }

    private static int count() {
        return TestHost.lines(NOTES.toString()).size();
    }
}
