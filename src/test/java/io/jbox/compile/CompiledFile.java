package io.jbox.compile;

import io.jbox.kernel.NativeKernel;
import io.jbox.program.Step;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Steps as an executable, and a shell script in place of the jbox that it becomes when it gives up. */
public final class CompiledFile {
    /** What the script says before its words. */
    public static final String GAVE_UP = "gave up:";

    /** Behind the standard ones. */
    private static final int FIRST = 3;

    private static final int ENOUGH = 1 << 18;

    private final Path file;

    /** What it did. */
    public record Ran(int code, String out) {
        public boolean gaveUp() {
            return out.startsWith(GAVE_UP);
        }
    }

    private CompiledFile(Path file) {
        this.file = file;
    }

    /** @param steps of which the last should end the process */
    public static CompiledFile of(Path folder, List<Step> steps) {
        try {
            Path launcher = folder.resolve("launcher");
            executable(launcher, ("#!/bin/sh\necho " + GAVE_UP + " \"$@\" $MARK\n").getBytes(StandardCharsets.UTF_8));
            Executable program = new Executable(NativeKernel.open(), launcher.toString(), ENOUGH, FIRST);
            program.add(steps);
            Path file = folder.resolve("program");
            executable(file, program.bytes());
            return new CompiledFile(file);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void executable(Path file, byte[] bytes) throws IOException {
        Files.write(file, bytes);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    }

    /** Runs it. */
    public Ran run(String... words) {
        return run(Map.of(), words);
    }

    /** Runs it with variables besides those of the tests. */
    public Ran run(Map<String, String> environment, String... words) {
        return with("exec \"$@\"", environment, words);
    }

    /** A shell runs it: {@code $@} is what it is to execute. */
    public Ran with(String script, Map<String, String> environment, String... words) {
        List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", script, "sh", file.toString()));
        command.addAll(List.of(words));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeIf(name -> name.startsWith("JBOX_"));
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Ran(process.waitFor(), out.strip());
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
