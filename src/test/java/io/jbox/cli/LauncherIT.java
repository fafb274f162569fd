package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code bin/jbox}: wherever it is called from, and whatever has become of its archive. */
@Tag("jdk25")
class LauncherIT {
    private static final Path CACHE = Path.of("/var/cache/jbox");

    @TempDir
    private Path folder;

    @BeforeAll
    static void host() {
        TestHost.require();
    }

    @Test
    void theArchiveIsMadeInTheBackgroundAndOnlyOnce() throws IOException, InterruptedException {
        Path archive = archive();
        Object first = Files.getLastModifiedTime(archive);

        assertSilent(TestHost.process("version"));

        assertThat(Files.getLastModifiedTime(archive)).isEqualTo(first);
        assertThat((int) Files.getAttribute(CACHE, "unix:mode") & 0777).isEqualTo(0700);
    }

    /** What a JVM does to compare records takes longer than the command. */
    @ParameterizedTest
    @ValueSource(strings = {"start", "exec", "ls", "run", "stop"})
    void nothingSlowIsLoaded(String command) throws IOException, InterruptedException {
        // Later ones have what is made for records in their archive.
        assumeTrue(Runtime.version().feature() < 25);
        archive();
        String box = "loads-" + command;
        String file = Boxes.define(box, Boxes.idle(), "net: [{type: veth, link: jboxbr0, flags: up}]");
        if (!command.equals("start")) {
            Boxes.jbox("start", file);
        }
        Path java = folder.resolve("bin/java");
        Files.createDirectories(java.getParent());
        String real = System.getProperty("java.home");
        Files.writeString(java, """
                #!/bin/sh
                for word; do
                    shift
                    case $word in -Xlog:disable | -Xlog:all=off) ;; *) set -- "$@" "$word" ;; esac
                done
                case " $* " in *' compile '* | *' warm-up '*) exit ;; esac
                exec %s/bin/java -Xlog:class+load:file=%s/log "$@"
                """.formatted(real, folder));
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.createSymbolicLink(folder.resolve("release"), Path.of(real, "release"));
        List<String> words = switch (command) {
            case "start" -> List.of("start", file);
            case "exec", "run" -> List.of(command, "-f", file, "--", "true");
            case "stop" -> List.of("stop", "-k", box);
            default -> List.of(command, box);
        };
        if (command.equals("exec")) {
            words = List.of("exec", box, "--", "true");
        }
        List<String> line = new ArrayList<>(List.of("bin/jbox"));
        line.addAll(words);

        Result result = TestHost.run(line, Map.of("JAVA_HOME", folder.toString(), "JBOX_PROGRAM", "off"));
        if (!command.equals("stop")) {
            Boxes.jbox("stop", "-k", box);
        }

        assertThat(result.exitCode()).as(result.err()).isZero();
        String log = Files.readString(folder.resolve("log"));
        assertThat(log).contains("io.jbox.cli.Main");
        assertThat(log.lines().filter(loaded -> loaded.contains("ObjectMethods")))
                .isEmpty();
    }

    /** Half an archive would end the JVM; the launcher never lets one become the archive. */
    @Test
    void whatIsNoArchiveIsSilent() throws IOException, InterruptedException {
        Path archive = archive();
        byte[] whole = Files.readAllBytes(archive);
        for (byte[] bytes : List.of(
                new byte[] {1}, "not an archive".repeat(1000).getBytes(StandardCharsets.US_ASCII), new byte[100_000])) {
            Files.delete(archive);
            Files.write(archive, bytes);
            assertSilent(TestHost.process("version"));
        }
        Files.delete(archive);
        Files.write(archive, whole);
    }

    @Test
    void anArchiveOfAnotherPlaceIsSilent() throws IOException, InterruptedException {
        Path archive = archive();
        Path dist = folder.resolve("moved");
        Result copy = TestHost.run(List.of("cp", "-a", "target/dist", dist.toString()), Map.of());
        assertThat(copy.exitCode()).isZero();
        String name = dist.toString().substring(1).replace('/', '.');
        String version = archive.getFileName().toString().replaceAll(".*\\.([0-9]+\\.jsa)$", "$1");
        Files.copy(archive, CACHE.resolve(name + "." + version));

        assertSilent(TestHost.run(List.of(dist + "/bin/jbox", "version"), Map.of()));
    }

    @Test
    void worksThroughALinkFromAnywhere() throws IOException {
        Files.createSymbolicLink(folder.resolve("link"), Path.of("bin/jbox").toAbsolutePath());

        assertSilent(TestHost.run(List.of("sh", "-c", "cd / && " + folder + "/link version"), Map.of()));
        assertSilent(TestHost.run(List.of("sh", "-c", "cd bin && ./jbox version"), Map.of()));
        assertSilent(TestHost.run(List.of("sh", "-c", "cd bin && PATH=.:$PATH jbox version"), Map.of()));
    }

    @Test
    void worksWithoutACache() {
        Result result = TestHost.run(
                List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "bin/jbox", "version"),
                Map.of("HOME", "/nonexistent"));

        assertSilent(result);
    }

    @Test
    void saysWhichJavaIsNone() {
        Result named = TestHost.run(List.of("bin/jbox", "version"), Map.of("JBOX_JAVA", "/no/java"));
        assertThat(named.exitCode()).isEqualTo(125);
        assertThat(named.err()).startsWith("jbox: JBOX_JAVA: /no/java is not a program\n  hint: ");
    }

    /** A JVM does not start in a folder that is gone, and most commands want nothing of it. */
    @Test
    void worksInAFolderThatIsGone() {
        String script = "folder=$(mktemp -d); jbox=$PWD/bin/jbox; cd $folder; rmdir $folder; ";

        for (String command : List.of(
                "ls",
                "help start",
                "--version",
                "lsns -n",
                "ls -f",
                "unshare -u sh -c 'readlink /proc/self/cwd | grep deleted'",
                "nsenter -t $$ -u true",
                "netns list")) {
            assertThat(TestHost.run(List.of("sh", "-c", script + "$jbox " + command), Map.of())
                            .exitCode())
                    .as(command)
                    .isZero();
        }
        Result run = TestHost.run(List.of("sh", "-c", script + "$jbox run --rootfs rootfs -- true"), Map.of());
        assertThat(run.exitCode()).isEqualTo(125);
        assertThat(run.err()).contains("jbox: the working directory is gone\n  hint: cd to another one\n");
    }

    /** A shell of root's, and sudo -u: whoever may not enter a folder may still be in it. */
    @Test
    void worksInAFolderThatMayNotBeEntered() {
        String script =
                "mkdir -m 700 -p /run/entered-by-root; jbox=$PWD/bin/jbox; cd /run/entered-by-root; exec setpriv"
                        + " --reuid 1000 --regid 1000 --clear-groups env HOME=/run/tmp $jbox unshare -r id -u";

        Result result = TestHost.run(List.of("sh", "-c", script), Map.of());

        assertThat(result.err()).isEmpty();
        assertThat(result.out()).isEqualTo("0\n");
    }

    /** A gigabyte; a JVM wants more than that for what it may need some day. */
    @Test
    void worksWithLittleAddressSpace() {
        Result result = TestHost.run(List.of("sh", "-c", "ulimit -v 1000000; exec bin/jbox ls"), Map.of());

        assertThat(result.err()).isEmpty();
        assertThat(result.exitCode()).isZero();
    }

    /** A copy that was interrupted: the JVM's own words for it are a stack trace. */
    @ParameterizedTest
    @ValueSource(strings = {"jbox.jar", "jffi.jar"})
    void aJarThatIsCutShortIsOneLine(String jar) {
        String cut = "rm -rf /run/cut; cp -r target/dist /run/cut; cd /run/cut;"
                + " truncate -s $(($(stat -c %s lib/" + jar + ") / 2)) lib/" + jar + ";"
                + " JBOX_ARCHIVE=off exec bin/jbox config show -f /run/cut/examples/configs/bbox.yaml -s name=cut";

        Result result = TestHost.run(List.of("sh", "-c", cut), Map.of());

        assertThat(result.exitCode()).isEqualTo(125);
        // Tests ask for a trace behind it.
        assertThat(result.err())
                .startsWith("jbox: jbox's own files are damaged or unreadable: ")
                .doesNotContain("Error: Could not find or load main class");
        TestHost.run(List.of("rm", "-rf", "/run/cut"), Map.of());
    }

    private static void assertSilent(Result result) {
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).startsWith("jbox ");
        assertThat(result.exitCode()).isZero();
    }

    /** This JDK's archive, once it is there. */
    private static Path archive() throws IOException, InterruptedException {
        String end = "." + Runtime.version().feature() + ".jsa";
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (System.nanoTime() < deadline) {
            TestHost.process("version");
            try (Stream<Path> files = Files.list(CACHE)) {
                for (Path file : files.toList()) {
                    if (file.toString().endsWith("target.dist" + end)) {
                        return file;
                    }
                }
            }
            TimeUnit.MILLISECONDS.sleep(200);
        }
        throw new AssertionError("no archive after a minute");
    }
}
