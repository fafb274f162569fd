package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.NotedJava;
import io.jbox.testhost.NotedJava.Noted;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.Wires;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The programs of unshare, nsenter and netns exec, which the launcher of a distribution executes. */
class CompiledToolsIT {
    private static final String PROGRAM =
            Path.of("target/dist/bin/jbox").toAbsolutePath().toString();

    private static String target = "";
    private static Process process;

    @BeforeAll
    static void host() throws IOException {
        TestHost.require();
        NotedJava.make();
        Wires.forgetNames();
        // A folder of the test host's own over the machine's, so that /etc/netns can be made in it.
        Wires.sh("mkdir -p /run/etc.upper /run/etc.work && mount -t overlay -o"
                + " lowerdir=/etc,upperdir=/run/etc.upper,workdir=/run/etc.work etc /etc");
        Wires.sh("ip netns add web && ip netns add plain");
        Wires.sh("printf 'echo script $0 $#' >/run/script; printf 'echo $#' >/run/without-interpreter;"
                + " printf '#!/nowhere\\n' >/run/no-interpreter; chmod 755 /run/script /run/*-interpreter");
        process = start("unshare -rfpmuin --kill-child --mount-proc sh -c 'hostname inside; exec sleep 31360'");
        target = pid("sleep 31360");
    }

    @AfterAll
    static void nothingIsLeft() throws InterruptedException {
        process.destroyForcibly().waitFor();
        Wires.sh("ip netns del web; ip netns del plain; umount /etc");
        Wires.forgetNames();
        assertThat(Boxes.leftovers()).isEmpty();
    }

    private static Process start(String line) throws IOException {
        return TestHost.builder(List.of("sh", "-c", "exec " + line)).start();
    }

    private static String pid(String command) {
        Boxes.await(command, () -> !find(command).isEmpty());
        return find(command);
    }

    private static String find(String command) {
        for (String line : TestHost.processes(command)) {
            if (line.matches("[0-9]+ " + command + " ?")) {
                return line.split(" ")[0];
            }
        }
        return "";
    }

    private static String tools() {
        return "/var/cache/jbox/programs" + PROGRAM;
    }

    private static Noted sh(String line) {
        return NotedJava.run(List.of("env", "--default-signal", "sh", "-c", line), Map.of("JBOX", PROGRAM));
    }

    private static void must(String... words) {
        List<String> command = new ArrayList<>(List.of(PROGRAM));
        command.addAll(List.of(words));
        Noted noted = NotedJava.run(command, Map.of());
        assertThat(noted.result().exitCode())
                .as(String.join(" ", words) + ": " + noted.result().err())
                .isZero();
    }

    /** What is run after the options of a tool, as the shell's words. */
    private static final String TOOL_LINES = """
            true
            -- true
            sh -c 'echo $0 $#; exit 7' zero one
            sh -c 'kill -9 $$'
            sh -c 'kill -TERM $$; sleep 1'
            nothing
            ./nothing
            /etc
            /etc/passwd
            ''
            /run/script one 'two words'
            /run/without-interpreter
            /run/no-interpreter
            sh -c 'cat /proc/self/status | grep -E "^(Sig[BCIP]|Cap|Uid|Gid|Groups|NoNewPrivs|Seccomp)"; umask; pwd'
            sh -c 'ls /proc/self/fd | wc -l; cat <&7' 7</run/script
            env -0
            sh -c 'cat /proc/$PPID/comm; [ "$(cat /proc/$PPID/comm)" = sh ] || tr "\\0" " " </proc/$PPID/cmdline'
            cat
            """;

    private static final List<String> NSENTER_OPTIONS = List.of(
            "--target N --all",
            "-t N -n -u",
            "-t N -m -p",
            "-t N -p -F",
            "-t N -a -r -w",
            "-r -m -p -t N",
            "-t N -U --preserve-credentials",
            "-t N -a -S 7 -G 8 -Wtmp",
            "-t N -U -n --keep-caps");

    /** For options after the first ones, which differ in what is done before it. */
    private static final List<String> FEW_LINES = List.of(
            "sh -c 'cat /proc/self/status | grep -E \"^(Sig[BCIP]|Cap|Uid|Gid|Groups|NoNewPrivs|Seccomp)\"; umask; pwd'",
            "sh -c 'kill -TERM $$; sleep 1'",
            "/etc");

    @Test
    void unshareNeedsNoJvm() {
        sameBothWays("unshare", "-fpmuin --mount-proc", TOOL_LINES.lines().toList());
        for (String options : List.of("-n", "-r", "-Ufp -c --mount-proc", "-m --propagation=slave", "--uts --fork")) {
            sameBothWays("unshare", options, FEW_LINES.subList(0, 1));
        }
    }

    /** The target may be any process: one program is for all of them. */
    @Test
    void nsenterNeedsNoJvm() {
        List<String> lines = new ArrayList<>(FEW_LINES);
        lines.addAll(List.of(
                "nothing",
                "-- true",
                "''",
                "/run/script one 'two words'",
                "env -0",
                "sh -c 'cat /proc/$PPID/comm; tr \"\\0\" \" \" </proc/$PPID/cmdline'"));
        sameBothWays("nsenter", "-t " + target + " -a", lines);
        for (String options : NSENTER_OPTIONS) {
            sameBothWays("nsenter", options.replace("N", target), FEW_LINES.subList(0, 1));
        }
    }

    @Test
    void netnsExecNeedsNoJvm() throws IOException {
        Wires.sh(
                "mkdir -p /etc/netns/web && echo of-web >/etc/netns/web/hosts && touch -d '1 hour ago' /etc/netns/web");
        List<String> lines = new ArrayList<>(FEW_LINES);
        lines.addAll(List.of("nothing", "-- true", "/run/without-interpreter one", "env -0"));
        lines.add("sh -c 'cat /etc/hosts; ls /sys/class/net; ip link'");
        sameBothWays("netns", "exec web", lines);
        sameBothWays("netns", "exec plain", FEW_LINES);
    }

    /** With its program as with the JVM, to the last byte. */
    private static void sameBothWays(String tool, String options, List<String> lines) {
        must(("compile --tool " + tool + " -- " + options).split(" "));
        for (String line : lines) {
            String command =
                    "export ODD='a\nb'; echo in | $JBOX " + tool + " " + options + " " + line + "; echo code $?";
            Noted program = sh(command);
            // An empty file is no program.
            String file = tools() + "/" + tool + "."
                    + options.replaceFirst("(-t|--target) [0-9]+", "$1 N").replace(' ', '.');
            Noted jvm = sh("mv " + file + " /run/tool; : >" + file + "; chmod 700 " + file + "; " + command
                    + "; mv /run/tool " + file);
            assertThat(program.result()).as(command).isEqualTo(jvm.result());
            assertThat(jvm.jvms()).as(command).isOne();
            boolean tellsFirst = line.equals("''")
                    || tool.equals("unshare") && (line.contains("nothing") || line.equals("/etc/passwd"));
            assertThat(program.jvms()).as(command).isEqualTo(tellsFirst ? 1 : 0);
        }
    }

    /** Whatever a JVM has to say about the target, or may have been changed, is left to it. */
    @Test
    void ofNsenterOnlyWhatIsAsItWasIsDone() throws IOException, InterruptedException {
        must("compile", "--tool", "nsenter", "--", "-t", target, "-a");
        must("compile", "--tool", "nsenter", "--", "-t", target, "-n");
        Process another = start("unshare -nu sleep 31361");
        String other = pid("sleep 31361");
        assertThat(sh("$JBOX nsenter -t " + other + " -n true").jvms()).isZero();
        // With --all, the user namespace is the caller's here.
        assertThat(sh("$JBOX nsenter -t " + other + " -a true").jvms()).isOne();
        another.destroyForcibly().waitFor();
        assertThat(sh("$JBOX nsenter -t " + other + " -n true").result().err()).contains("No such process");
        for (String none :
                List.of("0", "999999999", "4194304", "99999999999999999999", "''", "0x1", "-1", "1:7", "x")) {
            assertThat(sh("$JBOX nsenter -t " + none + " -n true").jvms())
                    .as(none)
                    .isOne();
        }
        for (String words : List.of(
                "-t " + target + " -t " + target + " -n true",
                "-n -t " + target + " true",
                "-t" + target + " -n true",
                "-t " + target + " -n",
                "-t -n " + target + " true")) {
            assertThat(sh("$JBOX nsenter " + words + " </dev/null").jvms())
                    .as(words)
                    .isOne();
        }
        assertThat(sh("PATH=/bin:$PATH; $JBOX nsenter -t " + target + " -n true")
                        .jvms())
                .isOne();
        for (String refused : List.of(
                "-e",
                "-c",
                "-S follow",
                "-S root",
                "--net=x",
                "-rx",
                "--user-parent",
                "-N 3",
                "-W tmp",
                "-n true",
                "-n --")) {
            assertThat(sh("$JBOX compile --tool nsenter -- -t " + target + " " + refused)
                            .result()
                            .exitCode())
                    .as(refused)
                    .isNotZero();
        }
    }

    @Test
    void ofNetnsExecOnlyWhatIsAsItWasIsDone() {
        must("compile", "--tool", "netns", "--", "exec", "plain");
        String command = "$JBOX netns exec plain ip -o link";
        Noted noted = sh(command);
        assertThat(noted.jvms()).isZero();
        // Another network of that name is as good as the first one.
        Wires.sh("ip netns del plain && ip netns add plain");
        assertThat(sh(command)).isEqualTo(noted);
        Wires.sh("mkdir -p /etc/netns/plain && echo of-plain >/etc/netns/plain/hosts");
        Noted file = sh("$JBOX netns exec plain cat /etc/hosts");
        assertThat(file).isEqualTo(new Noted(new TestHost.Result(0, "of-plain\n", ""), 1));
        Wires.sh("rm -r /etc/netns/plain && ip netns del plain");
        assertThat(sh(command).jvms()).isOne();
        assertThat(sh(command).result().exitCode()).isEqualTo(255);
        Wires.sh("ip netns add plain");
        assertThat(sh(command)).isEqualTo(noted);
    }

    /** A folder without files is one, too; files that nothing in /etc is for are told of by jbox. */
    @Test
    void foldersOfNetworks() {
        Wires.sh("mkdir -p /etc/netns/plain && touch -d '1 hour ago' /etc/netns/plain");
        must("compile", "--tool", "netns", "--", "exec", "plain");
        assertThat(sh("$JBOX netns exec plain true").jvms()).isZero();
        Wires.sh("touch /etc/netns/plain/nothing-like-it");
        Noted told = sh("$JBOX netns exec plain true");
        assertThat(told.jvms()).isOne();
        assertThat(told.result().err()).contains("there is no /etc/nothing-like-it");
        assertThat(sh("$JBOX compile --tool netns -- exec plain").result().exitCode())
                .isNotZero();
        Wires.sh("rm -r /etc/netns/plain && ln -s /nowhere /etc/netns/plain");
        assertThat(sh("$JBOX compile --tool netns -- exec plain").result().exitCode())
                .isNotZero();
        assertThat(sh("$JBOX netns exec plain true").jvms()).isOne();
        Wires.sh("rm /etc/netns/plain");
    }

    @Test
    void toolsThatAreUsedAreCompiled() {
        must("nsenter", "-t", target, "-u", "true");
        must("netns", "exec", "plain", "true");
        Boxes.await(
                "there is no program",
                () -> new File(tools(), "nsenter.-t.N.-u").exists() && new File(tools(), "netns.exec.plain").exists());
        assertThat(sh("$JBOX nsenter -t " + target + " -u hostname").jvms()).isZero();
        assertThat(sh("$JBOX netns exec plain true").jvms()).isZero();
    }

    @Test
    void ofUnshareOnlyWhatWasCompiledIsExecuted() throws IOException {
        must("compile", "--tool", "unshare", "--", "-u", "-i");
        for (String words : List.of("-u -i -n true", "-u true", "-i -u true", "-u -i", "-u -i --help", "-u.-i true")) {
            Noted noted = sh("$JBOX unshare " + words + " </dev/null");
            assertThat(noted.jvms()).as(words).isOne();
        }
        assertThat(sh("$JBOX unshare -u -i true").jvms()).isZero();
        assertThat(sh("PATH=/bin:$PATH; $JBOX unshare -u -i true").jvms()).isOne();
        // What a program that gives up hands on is what it was given.
        String changed = "cd /run; A=b PATH=/bin:$PATH $JBOX unshare -u -i env -0 | tr '\\0' '\\n' | sort";
        assertThat(sh(changed).result().out()).contains("A=b\n").doesNotContain("JBOX_");
        assertThat(sh("setpriv --bounding-set -sys_time $JBOX unshare -u -i true")
                        .result()
                        .exitCode())
                .isZero();
        Path link = Path.of("/run/unshare");
        Files.createSymbolicLink(link, Path.of(PROGRAM));
        assertThat(sh("/run/unshare -u -i sh -c 'echo $0'"))
                .isEqualTo(new Noted(new TestHost.Result(0, "sh\n", ""), 0));
        Files.delete(link);
    }

    /** Written after a first use, and no more than so many. */
    @Test
    void optionsOfUnshareThatAreUsedAreCompiled() {
        must("unshare", "-u", "--fork", "true");
        Boxes.await("there is no program", () -> new File(tools(), "unshare.-u.--fork").exists());
        // The JVM of the tests has signals blocked, which a program leaves to jbox.
        assertThat(sh("$JBOX unshare -u --fork true").jvms()).isZero();
        for (String refused :
                List.of("--kill-child", "-S 7", "-R /", "--mount=/run/x", "--clear-env", "true", "-u true", "-u --")) {
            assertThat(sh("$JBOX compile --tool unshare -- -m " + refused)
                            .result()
                            .exitCode())
                    .as(refused)
                    .isNotZero();
        }
        // As if they had been compiled, and not been used since.
        Wires.sh("cd " + tools() + " && for i in $(seq 40); do touch -d '1 hour ago' unshare.-T.--monotonic=$i; done");
        must("compile", "--tool", "unshare", "--", "-T", "--monotonic=41");
        String[] left = new File(tools()).list((folder, name) -> name.startsWith("unshare."));
        assertThat(left).hasSize(32).contains("unshare.-T.--monotonic=41", "unshare.-u.--fork");
    }
}
