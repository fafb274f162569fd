package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jbox.config.Namespace;
import io.jbox.facts.EnterRequest;
import io.jbox.facts.KnownNetwork;
import io.jbox.facts.KnownTarget;
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
import java.util.ArrayList;
import java.util.Iterator;
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
        String file = compiler().compile(ToolCompiler.Call.unshare(List.of("-fp", "--mount-proc")), simple());

        assertThat(file).endsWith("/dist/bin/jbox/unshare.-fp.--mount-proc");
        String program = Files.readString(Path.of(String.valueOf(file)), StandardCharsets.ISO_8859_1);
        assertThat(program).startsWith("\u007fELF").contains("--mount-proc", host.path("dist/bin/jbox"));
        // What it says itself.
        assertThat(program).contains("jbox: unshare: mount \"proc\" on \"/proc\": ", "Permission denied (EACCES)");
    }

    /** For any process, and with what stands for one in the name as the launcher has it. */
    @Test
    void ofNsenterTheProcessIsNotInTheName() throws IOException {
        EnterRequest request = new EnterRequest(
                Set.of(Namespace.NET),
                Set.of(),
                new EnterRequest.Folders(true, false, null),
                0,
                false,
                new ToolProgram(null, null, false, List.of(), List.of("true")));
        ToolCompiler.Call call = ToolCompiler.Call.nsenter(List.of("-t", "4711", "-n", "-r"), 1);
        String file = compiler().compile(call, request, KnownTarget.SAME_USER);

        assertThat(file).endsWith("/dist/bin/jbox/nsenter.-t.N.-n.-r");
        String program = Files.readString(Path.of(String.valueOf(file)), StandardCharsets.ISO_8859_1);
        assertThat(program).contains("/ns/user", "/root", "jbox: nsenter: ").doesNotContain("4711");
        assertThat(compiler().isWorthIt(ToolCompiler.Call.nsenter(List.of("-t", "5", "-n", "-r"), 1)))
                .isFalse();
    }

    /** Its folder in /etc may change meanwhile. */
    @Test
    void ofNetnsExecTheNetworkIsLookedAtTwice() {
        ToolCompiler.Call call = ToolCompiler.Call.netnsExec("a-network-of-this-test");
        List<KnownNetwork> found = new ArrayList<>();
        for (List<String> files : List.of(List.<String>of(), List.of("hosts"))) {
            found.add(new KnownNetwork("a-network-of-this-test", "/run/netns/a-network-of-this-test", files, false));
        }
        Iterator<KnownNetwork> changes = found.iterator();
        assertThat(compiler().compile(call, changes::next)).isNull();
        assertThat(compiler().compile(call, () -> found.get(0)))
                .endsWith("/dist/bin/jbox/netns.exec.a-network-of-this-test");
    }

    @Test
    void whatWasJustTriedIsNotTriedAgain() {
        assertThat(compiler().isWorthIt(ToolCompiler.Call.unshare(List.of("-fp")), simple()))
                .isTrue();
        compiler().compile(ToolCompiler.Call.unshare(List.of("-fp")), simple());
        assertThat(compiler().isWorthIt(ToolCompiler.Call.unshare(List.of("-fp")), simple()))
                .isFalse();
        assertThat(compiler().isWorthIt(ToolCompiler.Call.unshare(List.of("-n")), simple()))
                .isTrue();
    }

    @Test
    void namesThatAreNoneOfAFileAreNotCompiled() {
        for (List<String> words : List.of(
                List.<String>of(), List.of("--mount-proc=/proc"), List.of("-ü"), List.of("-" + "n".repeat(200)))) {
            assertThat(compiler().compile(ToolCompiler.Call.unshare(words), simple()))
                    .as(words.toString())
                    .isNull();
            assertThat(compiler().isWorthIt(ToolCompiler.Call.unshare(words), simple()))
                    .isFalse();
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
            assertThat(compiler().compile(ToolCompiler.Call.unshare(List.of("-m")), request))
                    .isNull();
        }
    }

    /** A script cannot pass an environment on. */
    @Test
    void nothingIsCompiledForTheScriptOfACheckout() throws IOException {
        Files.delete(folder.resolve("dist/libexec/jbox"));
        assertThat(compiler().compile(ToolCompiler.Call.unshare(List.of("-fp")), simple()))
                .isNull();
    }
}
