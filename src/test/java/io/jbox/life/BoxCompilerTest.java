package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jbox.facts.Launch;
import io.jbox.kernel.StandInKernel;
import io.jbox.state.BoxRecord;
import io.jbox.state.ProgramFolder;
import io.jbox.uapi.Syscall;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What is compiled, from what, and what is not. The programs are not executed here: integration tests do, and compare what
 * they do with what jbox does.
 */
@Timeout(120)
class BoxCompilerTest {
    private static final String PLAIN = """
            rootfs: {path: rootfs}
            init: {cmd: [/bin/sh]}
            apparmor: {profile: unconfined}
            signal: {halt: SIGPWR}
            net: [{type: empty}]
            """;

    private static final List<Launch.Stream> PIPES =
            List.of(Launch.Stream.PIPE, Launch.Stream.PIPE, Launch.Stream.PIPE);

    @TempDir
    private Path folder;

    private StandIns host;

    @BeforeEach
    void host() {
        host = new StandIns(folder);
        assumeTrue(host.kernel().call(Syscall.GETEUID) == 0, "only root's boxes are compiled");
        host.write("boxes/web/rootfs/bin/sh", "");
        host.write("boxes/web/rootfs/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
        host.write("bin/jbox", "#!/bin/sh\n");
    }

    @AfterEach
    void end() {
        host.close();
    }

    private BoxCompiler compiler(StandInKernel kernel) {
        String launcher = host.path("bin/jbox");
        return new BoxCompiler(
                host.registry(kernel), new ProgramFolder(kernel, host.path("cache"), launcher), launcher);
    }

    private BoxDefinition definition() {
        String file = host.path("boxes/web/config.yaml");
        BoxRegistry registry = host.registry(host.kernel());
        return new BoxDefinition(
                file,
                List.of(host.path("search/web.yaml")),
                slot -> new BoxDefinition.Loaded(registry.load(file, List.of()), List.of(file), List.of(), List.of()));
    }

    /** The programs that are there, without their folder. */
    private static List<String> names(List<String> files) {
        List<String> names = new ArrayList<>();
        for (String file : files) {
            names.add(file.substring(file.lastIndexOf('/') + 1));
        }
        return names;
    }

    private BoxRecord run() {
        return host.run("web", StandIns.HALTS, StandIns.TIDIES);
    }

    @Test
    void aBoxThatDoesNotRunHasProgramsForItsStartAndForRun() throws IOException {
        host.define("web", PLAIN);

        List<String> files =
                compiler(host.kernel()).compile("web", definition(), true).files();

        assertThat(names(files)).contains("start.web.s", "run.web.pp", "run.web.ttt");
        assertThat(names(files)).noneMatch(name -> name.startsWith("exec") || name.startsWith("stop"));
        for (String file : files) {
            Path path = Path.of(file);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                    .isEqualTo("rwx------");
            String program = Files.readString(path, StandardCharsets.ISO_8859_1);
            // What it becomes where anything is not as it was, and what it looks at to find that out.
            assertThat(program).startsWith("\u007fELF").contains(host.path("bin/jbox"));
            assertThat(program).contains(host.path("boxes/web/config.yaml"), host.path("search/web.yaml"), "boot_id");
        }
    }

    @Test
    void aBoxThatRunsHasProgramsForCommandsAndForItsEnd() {
        host.define("web", PLAIN);
        BoxRecord record = run();

        List<String> files =
                compiler(host.kernel(record)).compile("web", null, true).files();

        assertThat(names(files)).contains("exec.web.pp", "exec.web.ttt", "stop.web.k", "stop.web.h");
        assertThat(names(files)).noneMatch(name -> name.startsWith("start") || name.startsWith("run"));
    }

    /** Without jbox: it says itself what it would do, and from what it was made. */
    @Test
    void aBoxCanBeAFileOfItsOwn() throws IOException, InterruptedException {
        host.define("web", PLAIN);
        StandaloneCompiler compiler = new StandaloneCompiler(host.registry(host.kernel()));
        byte[] program = compiler.compile(definition(), "made by a test\n");

        assertThat(compiler.compile(definition(), "made by a test\n")).isEqualTo(program);
        Path file = folder.resolve("web");
        Files.write(file, program);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        assertThat(said(file, "--version")).isEqualTo("web: made by a test\n");
        assertThat(said(file, "--plan"))
                .contains("[init]\n", host.path("boxes/web/rootfs"), "config.yaml:1:", "pivot_root")
                .doesNotContain("@");
    }

    private static String said(Path file, String word) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(file.toString(), word)
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                net: [{type: veth, link: br0}]                                   | it has a NIC of type veth
                rootfs: {path: 'overlay:rootfs:upper'}                           | its root file system has layers
                rootfs: {path: nowhere}                                          | there is no
                hook: {mount: ['/bin/true']}                                     | it has hooks
                """)
    void whatOnlyJboxCanDoIsNoFileOfItsOwn(String line, String reason) {
        String key = line.substring(0, line.indexOf(':') + 1);
        StringBuilder config = new StringBuilder(line + "\n");
        PLAIN.lines()
                .filter(other -> !other.startsWith(key))
                .forEach(other -> config.append(other).append('\n'));
        host.define("web", config.toString());

        assertThatThrownBy(() -> new StandaloneCompiler(host.registry(host.kernel())).compile(definition(), "\n"))
                .hasMessageContaining("web: cannot be a file of its own: ")
                .hasMessageContaining(reason);
    }

    @Test
    void theSameHostGivesTheSameProgram() throws IOException {
        host.define("web", PLAIN);
        compiler(host.kernel()).compile("web", definition(), true);
        byte[] first = Files.readAllBytes(program("start.web.s"));
        compiler(host.kernel()).compile("web", definition(), true);
        assertThat(Files.readAllBytes(program("start.web.s"))).isEqualTo(first);

        host.define("web", PLAIN + "environment: [A=b]\n");
        compiler(host.kernel()).compile("web", definition(), true);
        assertThat(Files.readAllBytes(program("start.web.s"))).isNotEqualTo(first);
    }

    private Path program(String name) {
        return folder.resolve("cache/programs" + host.path("bin/jbox") + "/" + name);
    }

    /** What needs jbox at each start, or tells the user something; jbox says what it is. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
                hook: {pre-start: /bin/true} | it has hooks
                hook: {post-stop: /bin/true} | it has hooks
                ephemeral: true | it is ephemeral
                console: {logfile: /var/log/web} | its console has a log file
                net: [{type: phys, link: eth9}] | it has a NIC of type phys
                mount: {entry: ['/nowhere a none bind,optional']} | it has an optional mount
                seccomp: {profile: none} | its seccomp profile is not the default one
                log: {level: debug} | its configuration says how jbox logs
                """)
    void whatNeedsJboxIsNotCompiled(String line, String reason) {
        host.define("web", PLAIN.replaceFirst("net: .*\n", "") + line + "\n");

        BoxCompiler.Compiled compiled = compiler(host.kernel()).compile("web", definition(), true);

        assertThat(names(compiled.files())).doesNotContain("start.web.s");
        assertThat(compiled.obstacles()).containsEntry("start", reason);
    }

    /** A file that would be found instead is one that the program finds, too. */
    @Test
    void whatWouldNeverBeExecutedIsNotMade() {
        host.define("web", PLAIN);
        host.write("search/web.yaml", PLAIN);

        BoxCompiler.Compiled compiled = compiler(host.kernel()).compile("web", definition(), true);

        String reason = "there is " + host.path("search/web.yaml") + ", which jbox looks at each time";
        assertThat(compiled.files()).isEmpty();
        assertThat(compiled.obstacles()).containsEntry("start", reason).containsEntry("run", reason);
    }

    @Test
    void onlyWhatHasBeenUsedIsCompiledWhereNobodyAsksForAll() {
        host.define("web", PLAIN);
        BoxCompiler compiler = compiler(host.kernel());

        assertThat(compiler.used("run", "web", PIPES)).isZero();
        assertThat(names(compiler.compile("web", definition(), false).files()))
                .containsExactly("start.web.s", "run.web.pp");
        assertThat(compiler.used("run", "web", PIPES)).isPositive();
        assertThat(compiler.used("run", "web", List.of(Launch.Stream.NULL, Launch.Stream.CONSOLE, Launch.Stream.PIPE)))
                .isNegative();

        compiler.forget("web");
        assertThat(program("start.web.s")).doesNotExist();
        assertThat(program("run.web.pp")).doesNotExist();
        assertThat(compiler.used("run", "web", PIPES)).isZero();
    }

    /** A further command that runs at the same time has ids and a lock of its own. */
    @Test
    void aSlotThatWasWantedIsCompiledToo() {
        host.define("web", PLAIN);
        BoxCompiler compiler = compiler(host.kernel());
        compiler.used("run", "web", PIPES);
        new ProgramFolder(host.kernel(), host.path("cache"), host.path("bin/jbox")).want("run", "web", "1");

        assertThat(names(compiler.compile("web", definition(), false).files()))
                .containsExactly("start.web.s", "run.web.pp", "run.web.pp1");
    }

    @Test
    void nobodyElseMayWriteToTheFolder() throws IOException {
        host.define("web", PLAIN);
        Files.createDirectories(folder.resolve("cache"));
        Files.setPosixFilePermissions(folder.resolve("cache"), PosixFilePermissions.fromString("rwxrwxrwx"));

        assertThatThrownBy(() -> compiler(host.kernel()).compile("web", definition(), true))
                .hasMessageContaining("others could write to it");

        Files.move(folder.resolve("cache"), folder.resolve("old"));
        Files.createSymbolicLink(folder.resolve("cache"), Files.createDirectory(folder.resolve("elsewhere")));
        assertThatThrownBy(() -> compiler(host.kernel()).compile("web", definition(), true))
                .hasMessageContaining("or it is a link");
    }
}
