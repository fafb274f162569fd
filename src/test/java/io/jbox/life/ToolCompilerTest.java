package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jbox.config.Namespace;
import io.jbox.facts.ToolProgram;
import io.jbox.facts.UnshareRequest;
import io.jbox.kernel.StandInKernel;
import io.jbox.state.ProgramFolder;
import io.jbox.uapi.Flag;
import io.jbox.uapi.Syscall;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which calls of unshare are compiled. Integration tests execute what is made of them. */
class ToolCompilerTest {
    private static final UnshareRequest.Mounts NO_MOUNTS =
            new UnshareRequest.Mounts(List.of(Flag.MS_REC, Flag.MS_PRIVATE), "/proc", null, null, null);

    @TempDir
    private Path folder;

    private StandIns host;

    @BeforeEach
    void host() {
        host = new StandIns(folder);
        assumeTrue(host.kernel().call(Syscall.GETEUID) == 0, "only root has programs");
        host.write("dist/bin/jbox", "");
        host.write("dist/libexec/jbox", "");
    }

    @AfterEach
    void end() {
        host.close();
    }

    private ToolCompiler compiler() {
        StandInKernel kernel = host.kernel();
        String launcher = host.path("dist/bin/jbox");
        return new BoxCompiler(host.registry(kernel), new ProgramFolder(kernel, host.path("cache"), launcher), launcher)
                .tools();
    }

    private static UnshareRequest request(
            Map<Namespace, String> kept,
            UnshareRequest.@Nullable Child child,
            UnshareRequest.Mounts mounts,
            List<String> words) {
        return new UnshareRequest(
                Set.of(Namespace.MNT, Namespace.PID),
                kept,
                child,
                UnshareRequest.Ids.NONE,
                mounts,
                Map.of("monotonic", 3L),
                new ToolProgram(null, null, false, List.of(), words));
    }

    private static UnshareRequest simple() {
        return request(Map.of(), new UnshareRequest.Child(0, false), NO_MOUNTS, List.of("true"));
    }

    @Test
    void theFileIsCalledByTheOptions() throws IOException {
        String file = compiler().compile(List.of("-fp", "--mount-proc"), simple());

        assertThat(file).endsWith("/dist/bin/jbox/unshare.-fp.--mount-proc");
        String program = Files.readString(Path.of(String.valueOf(file)), StandardCharsets.ISO_8859_1);
        assertThat(program).startsWith("\u007fELF").contains("--mount-proc", host.path("dist/bin/jbox"));
        // What it says itself.
        assertThat(program).contains("jbox: unshare: mount \"proc\" on \"/proc\": ", "Permission denied (EACCES)");
    }

    @Test
    void whatWasJustTriedIsNotTriedAgain() {
        assertThat(compiler().isWorthIt(List.of("-fp"), simple())).isTrue();
        compiler().compile(List.of("-fp"), simple());
        assertThat(compiler().isWorthIt(List.of("-fp"), simple())).isFalse();
        assertThat(compiler().isWorthIt(List.of("-n"), simple())).isTrue();
    }

    @Test
    void namesThatAreNoneOfAFileAreNotCompiled() {
        for (List<String> words : List.of(
                List.<String>of(), List.of("--mount-proc=/proc"), List.of("-ü"), List.of("-" + "n".repeat(200)))) {
            assertThat(compiler().compile(words, simple())).as(words.toString()).isNull();
            assertThat(compiler().isWorthIt(words, simple())).isFalse();
        }
    }

    @Test
    void whatNeedsAnotherProcessOrTheHostIsNot() {
        for (UnshareRequest request : List.of(
                request(Map.of(Namespace.NET, "/run/x"), null, NO_MOUNTS, List.of("true")),
                request(Map.of(), new UnshareRequest.Child(9, false), NO_MOUNTS, List.of("true")),
                request(Map.of(), new UnshareRequest.Child(0, true), NO_MOUNTS, List.of("true")),
                request(Map.of(), null, NO_MOUNTS, List.of()),
                request(
                        Map.of(),
                        null,
                        new UnshareRequest.Mounts(List.of(), null, null, "/root", null),
                        List.of("true")))) {
            assertThat(compiler().compile(List.of("-m"), request)).isNull();
        }
    }

    /** A script cannot pass an environment on. */
    @Test
    void nothingIsCompiledForTheScriptOfACheckout() throws IOException {
        Files.delete(folder.resolve("dist/libexec/jbox"));
        assertThat(compiler().compile(List.of("-fp"), simple())).isNull();
    }
}
