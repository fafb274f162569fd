package io.jbox.cli;

import static io.jbox.testhost.CompiledBox.must;
import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.CompiledBox;
import io.jbox.testhost.NotedJava;
import io.jbox.testhost.NotedJava.Noted;
import io.jbox.testhost.TestHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A command that a program connects to the caller's terminal is the one that the JVM connects to it. */
class CompiledTerminalIT {
    private static final Path SCRIPT = Path.of("/run/terminal-script.sh");
    private static CompiledBox box;

    @BeforeAll
    static void box() {
        TestHost.require();
        NotedJava.make();
        box = new CompiledBox("seen", "net: [{type: empty, flags: up}]", Boxes.idle());
        must("start", "seen");
        // All kinds of standard descriptors.
        for (String command : List.of("exec", "run")) {
            for (String kind : List.of("ttp", "tpp", "tps")) {
                NotedJava.sh(": >/var/cache/jbox/programs" + NotedJava.JBOX + "/wanted." + command + ".seen." + kind);
            }
        }
        // A command has the caller's TERM: programs are for that of the scripts.
        NotedJava.sh("TERM=xterm $JBOX compile seen");
    }

    @AfterAll
    static void forget() {
        box.end();
        // What programs have left that were killed.
        NotedJava.sh("export JBOX_PROGRAM=off; $JBOX run seen -- true");
        box.forget();
    }

    /** What is typed, half a second after the script has begun and then in pieces; and the script. */
    static Stream<Arguments> transcripts() {
        String scripts = """
                | $X sh -c 'tty >/dev/null && echo tty; test -t 2 && echo too; echo out; echo err >&2; exit 7'; echo $?
                | stty rows 44 cols 99; $X stty size; $X sh -c 'stty -a; echo "$TERM"'
                | stty -a | md5sum; $X true; stty -a | md5sum; $X sh -c 'kill -9 $$'; echo $?; stty -a | md5sum
                | $X seq 20000 | md5sum; $X cat /bin/busybox | md5sum; $X sh -c 'test -t 0; echo $?; test -t 1; echo $?' | cat
                | $X seq 20000 >f; md5sum <f; $X sh -c 'echo e >&2; test -t 1; echo $?' 2>f; cat f; $X sh -c 'echo a; echo b >&2' >f 2>&1; cat f
                | $X sh -c 'echo a; echo b >&2' >/dev/null; $X sh -c 'echo a; echo b >&2' 2>/dev/null; $X sh -c 'echo c' >/dev/null 2>&1
                | echo piped | $X sh -c 'cat; test -t 1; echo $?'; $X sh -c 'test -t 0; echo $?' </dev/null
                | $X sh -c 'head -c 300000 /dev/zero | tr "\\0" x'; $X sh -c '(sleep 0.2; echo late) & echo early'
                hello\\n;;\\004 | $X cat; echo $?
                \\003 | $X sleep 100; echo $?
                x\\003;;yes\\n | $X sh -c 'trap "echo got" INT; read x; echo "<$x>"'
                \\034 | $X sleep 100; echo $?
                | stty rows 40 cols 80; t=$(tty); (sleep 0.9; stty rows 50 <$t) & $X sh -c 'trap "stty size" WINCH; stty size; sleep 2 & wait; wait; true'
                | stty -a | md5sum; (sleep 0.7; kill -9 $(cat pid)) & sh -c 'echo $$ >pid; exec $X sleep 1000'; sleep 0.2; stty -a | md5sum
                | stty -a | md5sum; (sleep 0.7; kill -TERM $(cat pid)) & sh -c 'echo $$ >pid; exec $X sleep 1000'; echo $?; stty -a | md5sum
                """;
        List<Arguments> all = new ArrayList<>();
        for (String line : scripts.strip().split("\n")) {
            String[] parts = line.split("\\| ", 2);
            for (String command : List.of("exec", "run")) {
                all.add(Arguments.of(command, parts[0].strip(), parts[1]));
            }
        }
        all.add(Arguments.of("exec", "\\003;;;;\\003", "$X sh -c 'kill -STOP $$; echo went on'; echo $?"));
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("transcripts")
    void theSameBothWays(String command, String typed, String script) throws IOException {
        String begin = "cd /run; X='" + NotedJava.JBOX + " " + command + " seen --'; export X TERM=xterm; stty -echo; ";
        // Beside those of the box: the command, and the first process of run's own.
        int processes = command.equals("exec") ? 2 : 3;
        Noted jvm = terminal("export JBOX_PROGRAM=off; " + begin + script, typed, processes);
        Noted program = terminal(begin + script, typed, processes);

        assertThat(seen(program)).isEqualTo(seen(jvm));
        assertThat(jvm.jvms()).isPositive();
        assertThat(program.jvms()).isZero();
    }

    /** @param processes of boxes that there are when the keys are typed */
    private static Noted terminal(String script, String typed, int processes) throws IOException {
        Files.writeString(SCRIPT, script);
        StringBuilder keys = new StringBuilder("sleep 0.2");
        if (!typed.isEmpty()) {
            keys.append("; n=0; until [ $(cat $(find /sys/fs/cgroup -path '*/jbox/seen*' -name cgroup.procs) | sort -u"
                            + " | wc -l) -ge ")
                    .append(processes)
                    .append(" ] || [ $((n += 1)) -gt 100 ]; do sleep 0.05; done; sleep 0.4");
        }
        for (String piece : typed.split(";;", -1)) {
            keys.append("; printf '").append(piece).append("'; sleep 0.4");
        }
        // The terminal stays open, whatever there is still to be typed.
        return NotedJava.sh("rm -f /run/keys; mkfifo /run/keys; (" + keys + ") >/run/keys &"
                + " timeout -k 1 30 script -qec 'sh " + SCRIPT + "' /dev/null <>/run/keys");
    }

    /** Without what depends on who is faster: the echo of a key, and where lines of others begin in raw mode. */
    private static String seen(Noted noted) {
        return noted.result().out().replaceAll("\\r|\\^C", "") + noted.result().err();
    }

    /** The terminal is the caller's, who may be in the background: then its keys are not the command's. */
    @Test
    void inTheBackgroundTheJvmTakesCare() throws IOException {
        Noted noted = terminal("set -m; " + NotedJava.JBOX + " exec seen -- echo hi & wait; true", "", 0);

        assertThat(noted.result().out()).contains("hi");
        assertThat(noted.jvms()).isEqualTo(1);
    }
}
