package io.jbox.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.uapi.Processor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The launcher of a distribution, executed: what it becomes, and with what. */
@Timeout(60)
class LauncherProgramTest {
    /** Programs are in a folder that only root writes to: these are looked for, and never there. */
    private static final List<List<String>> COMMANDS = List.of(
            List.of(),
            List.of("version"),
            List.of("exec"),
            List.of("exec", "box"),
            List.of("exec", "box", "--"),
            List.of("exec", "box", "--", "true"),
            List.of("exec", "box", "-e", "A=b", "--", "true"),
            List.of("run", "box", "--", "true", "", "a b", "*"),
            List.of("run", "", "--", "true"),
            List.of("run", ".", "--", "true"),
            List.of("run", "-f", "--", "true"),
            List.of("run", "a/../../b", "--", "true"),
            List.of("run", "a;$(b)\\", "--", "true"),
            List.of("run", "a".repeat(300), "--", "true"),
            List.of("run", "a".repeat(70_000), "--", "true"),
            List.of("start", "box"),
            List.of("start", "box", "other"),
            List.of("stop"),
            List.of("stop", "box"),
            List.of("stop", "-k"),
            List.of("stop", "-k", "box"),
            List.of("stop", "-k", "box", "other"),
            List.of("stop", "box", "other", "-k"),
            List.of("start", "box", "", "other"),
            List.of("start", "a".repeat(150), "b".repeat(150)),
            Collections.nCopies(100, "start"),
            List.of("execute", "box", "--", "true"),
            List.of("startx", "box"),
            List.of("", "", "", ""));

    @TempDir
    private Path folder;

    private Path jbox;

    @BeforeEach
    void distribution() throws IOException {
        jbox = folder.resolve("dist/bin/jbox");
        Files.createDirectories(jbox.getParent());
        Files.createDirectories(folder.resolve("dist/libexec"));
        executable(jbox, LauncherProgram.of(Processor.current()));
        script("jbox", "printf '<%s>' \"$0\" \"$@\"");
    }

    private static void executable(Path file, byte[] bytes) throws IOException {
        Files.write(file, bytes);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private void script(String name, String line) throws IOException {
        executable(
                folder.resolve("dist/libexec/" + name), ("#!/bin/sh\n" + line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static String run(List<String> command) {
        return run(command, Map.of());
    }

    private static String run(List<String> command, Map<String, String> environment) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() + " " + out;
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<String> with(String first, List<String> words) {
        List<String> command = new ArrayList<>(List.of(first));
        command.addAll(words);
        return command;
    }

    @Test
    void withoutAProgramItBecomesTheScriptWithAllWords() {
        for (List<String> words : COMMANDS) {
            StringBuilder expected = new StringBuilder("0 <" + folder + "/dist/libexec/jbox>");
            words.forEach(word -> expected.append('<').append(word).append('>'));
            assertThat(run(with(jbox.toString(), words))).as(words.toString()).isEqualTo(expected.toString());
        }
    }

    /** It is found by where it is, whatever it is called by. */
    @Test
    void itMayBeCalledByLinksAndOtherNames() throws IOException {
        Path link = folder.resolve("other/name");
        Files.createDirectories(link.getParent());
        Files.createSymbolicLink(link, jbox);
        String expected = "0 <" + folder + "/dist/libexec/jbox><exec><box><--><true>";
        List<String> words = List.of("exec", "box", "--", "true");

        assertThat(run(with(link.toString(), words))).isEqualTo(expected);
        String cd = "cd " + folder + "/dist/bin && exec ";
        assertThat(run(List.of("sh", "-c", cd + "./jbox exec box -- true"))).isEqualTo(expected);
        assertThat(run(List.of("sh", "-c", cd + "../../other/name exec box -- true")))
                .isEqualTo(expected);
        assertThat(run(List.of("sh", "-c", "PATH=" + folder + "/dist/bin:$PATH; exec jbox exec box -- true")))
                .isEqualTo(expected);
        assertThat(run(List.of("bash", "-c", "exec -a 'strange name' " + jbox + " exec box -- true")))
                .isEqualTo(expected);
        assertThat(run(List.of("bash", "-c", "exec -a '' " + jbox + " exec box -- true")))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"unshare", "nsenter", "lsns"})
    void calledByTheNameOfAToolItIsThat(String tool) throws IOException {
        script(tool, "echo tool $0 \"$@\"");
        Files.createSymbolicLink(folder.resolve(tool), jbox);

        assertThat(run(List.of(folder.resolve(tool).toString(), "exec", "box", "--", "true")))
                .isEqualTo("0 tool " + folder + "/dist/libexec/" + tool + " exec box -- true\n");
        assertThat(run(List.of("bash", "-c", "exec -a x" + tool + " " + jbox + " ls")))
                .isEqualTo("0 <" + folder + "/dist/libexec/jbox><ls>");
    }

    /** A shell in between would change all of this. */
    @Test
    void nothingOfTheCallersIsChanged() throws IOException {
        Path shown = folder.resolve("dist/libexec/jbox");
        Files.delete(shown);
        Files.copy(Path.of("/usr/bin/env"), shown, StandardCopyOption.COPY_ATTRIBUTES);
        String out = run(
                List.of(jbox.toString()), Map.of("A", "b", "_", "x", "odd-name", "1", "BASH_FUNC_f%%", "() { :; }"));
        assertThat(out.substring("0 ".length()).lines().sorted())
                .containsExactly("A=b", "BASH_FUNC_f%%=() { :; }", "_=x", "odd-name=1");
    }

    @Test
    void descriptorsAndIgnoredSignalsStayAsTheyAre() throws IOException {
        script("jbox", "ls -l /proc/self/fd | grep -c marked; grep SigIgn /proc/self/status");
        Files.writeString(folder.resolve("marked"), "");
        String line = "trap '' USR1 HUP; exec 7<" + folder + "/marked 77<" + folder + "/marked; exec ";

        assertThat(run(List.of("bash", "-c", line + jbox + " exec box -- true")))
                .isEqualTo(run(List.of("bash", "-c", line + shownBy())));
    }

    private String shownBy() {
        return folder + "/dist/libexec/jbox";
    }

    @Test
    void aLongEnvironmentIsNoReasonToFail() {
        Map<String, String> environment = new HashMap<>();
        for (int i = 0; i < 20_000; i++) {
            environment.put("VARIABLE_" + i, "x");
        }
        assertThat(run(List.of(jbox.toString(), "exec", "box", "--", "true"), environment))
                .isEqualTo("0 <" + folder + "/dist/libexec/jbox><exec><box><--><true>");
    }

    @Test
    void whereTheScriptIsTheProgramItselfItSaysSo() throws IOException {
        Path script = folder.resolve("dist/libexec/jbox");
        Files.delete(script);
        Files.createSymbolicLink(script, jbox);

        assertThat(run(List.of(jbox.toString(), "ls"))).startsWith("125 jbox: the launcher in libexec");
    }

    /** The shell gives up what a setuid program has given it. */
    @Test
    void rightsOfASetuidProgramAreLeftToTheShell() throws IOException {
        assumeTrue(OwnProcess.isRoot(NativeKernel.open()), "needs root");
        assumeTrue(Files.exists(Path.of("/usr/bin/strace")), "needs strace");
        Path trace = folder.resolve("trace");
        for (String ids : List.of("--ruid=65534", "--rgid=65534", "--ruid=65534 --rgid=65534")) {
            List<String> command = new ArrayList<>(List.of("strace", "-f", "-o", trace.toString(), "/usr/bin/setpriv"));
            command.addAll(List.of(ids.split(" ")));
            command.addAll(List.of("--clear-groups", jbox.toString(), "exec", "box", "--", "true"));
            assertThat(run(command)).startsWith("0 ");
            assertThat(Files.readString(trace)).as(ids).doesNotContain("/var/cache/jbox/programs");
        }
    }

    @Test
    void withoutTheScriptItSaysSo() throws IOException {
        Files.delete(folder.resolve("dist/libexec/jbox"));

        assertThat(run(List.of(jbox.toString(), "ls")))
                .startsWith("125 jbox: the launcher in libexec")
                .contains("hint");
    }

    @Test
    void withoutWordsAtAllNothingBreaks() throws IOException {
        assumeTrue(Files.exists(Path.of("/usr/bin/python3")), "executes without argv[0]");
        String out = run(List.of("python3", "-c", "import os; os.execve('" + jbox + "', ['x'], {})"));
        assertThat(out).isEqualTo("0 <" + folder + "/dist/libexec/jbox>");
    }

    /** Programs are root's: other users' commands do not even look for one. */
    @Test
    void onlyRootLooksForPrograms() throws IOException, InterruptedException {
        assumeTrue(OwnProcess.isRoot(NativeKernel.open()), "needs strace as root");
        assumeTrue(Files.exists(Path.of("/usr/bin/strace")), "needs strace");
        Path trace = folder.resolve("trace");
        List<String> traced = List.of("strace", "-o", trace.toString(), "-e", "trace=openat,execve,execveat");
        List<String> command = new ArrayList<>(traced);
        command.addAll(List.of(jbox.toString(), "exec", "box", "--", "true"));
        assertThat(run(command)).startsWith("0 ");
        assertThat(Files.readString(trace)).contains("/var/cache/jbox/programs" + jbox + "/exec.box.");

        for (String open : List.of("", "dist", "dist/bin", "dist/libexec")) {
            Files.setPosixFilePermissions(folder.resolve(open), PosixFilePermissions.fromString("rwxrwxrwx"));
        }
        List<String> asOther = new ArrayList<>(List.of("setpriv", "--reuid=65534", "--clear-groups"));
        asOther.addAll(command);
        Files.delete(trace);
        assertThat(run(asOther)).startsWith("0 ");
        assertThat(Files.readString(trace)).doesNotContain("/var/cache/jbox");
    }
}
