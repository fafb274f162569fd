package io.jbox.testhost;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.NotedJava.Noted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;

/** A defined box whose start is compiled. */
public final class CompiledBox {
    private static final String SHIFTS = "/var/lib/jbox/.ids/shifts";

    /** How many want it aside. */
    private static int hiding;

    private final String name;
    private final Path defined;
    private final Path state;

    /** Makes it, with these lines in its configuration, and compiles its start. */
    public CompiledBox(String name, String... lines) {
        this(name, Path.of(Boxes.define(name, lines)));
    }

    /** The same with another root file system. */
    public static CompiledBox with(String rootfs, String name, String... lines) {
        return new CompiledBox(name, Path.of(Boxes.defineWith(rootfs, name, lines)));
    }

    private CompiledBox(String name, Path definition) {
        this.name = name;
        this.defined = Path.of("/var/lib/jbox", name);
        this.state = Path.of("/run/jbox", name);
        hideShifts();
        try {
            // Where other users can reach a box's files, jbox says so at each start, and compiles none.
            Files.createDirectories(
                    defined, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Files.copy(definition, defined.resolve("config.yaml"));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        // Without a compiler in the background, which may be late, and then finds what a test has changed.
        NotedJava.sh("export JBOX_PROGRAM=off; $JBOX start " + name);
        compile();
        must("stop", "-k", name);
    }

    /** Puts aside what other tests have left: where owners of trees have been changed, no start is compiled. */
    public static synchronized void hideShifts() {
        hiding++;
        Wires.sh("[ ! -e " + SHIFTS + " ] || mv " + SHIFTS + " /run/shifts");
    }

    /** Puts it back, when nobody wants it aside any more. */
    public static synchronized void showShifts() {
        hiding--;
        if (hiding > 0) {
            return;
        }
        Wires.sh("[ ! -e /run/shifts ] || mv /run/shifts " + SHIFTS);
    }

    /** Compiles its start anew. */
    public void compile() {
        must("compile", name);
        assertThat(Path.of("/var/cache/jbox/programs" + NotedJava.JBOX + "/start." + name + ".s"))
                .exists();
    }

    /** What a test changes from now on is not compiled, in the background, behind its back. */
    public void notYetAgain() {
        Wires.sh("touch /var/cache/jbox/programs" + NotedJava.JBOX + "/tried.*." + name);
    }

    /** Runs jbox, which must succeed. */
    public static Noted must(String... words) {
        Noted noted = NotedJava.jbox(words);
        assertThat(noted.result().exitCode())
                .as(String.join(" ", words) + "\n" + noted.result().err())
                .isZero();
        return noted;
    }

    /** Stops it. */
    public void end() {
        NotedJava.sh("export JBOX_PROGRAM=off; $JBOX stop -k " + name);
        assertThat(state.resolve("state.json")).doesNotExist();
    }

    /** Removes it; nothing of it may be left. */
    public void forget() {
        Boxes.await(name + ": something is left", () -> Boxes.leftovers().isEmpty());
        Wires.sh("rm -rf " + defined);
        showShifts();
    }

    /**
     * Starts it after a change of the host, and once more when that has been changed back.
     *
     * @return the first start, which must succeed
     */
    public Noted startedAfter(String change, String back) {
        Wires.sh(change);
        Noted noted = NotedJava.jbox("start", name);
        NotedJava.jbox("stop", "-k", name);
        Wires.sh(back);
        assertThat(noted.result().exitCode()).as(noted.result().err()).isZero();
        return noted;
    }

    /**
     * Starts it by the JVM, then by its program, which is silent; there is no difference to be seen.
     *
     * @return what is to be seen of it
     */
    public String startedBothWays() {
        assertThat(NotedJava.sh("export JBOX_PROGRAM=off; $JBOX start " + name).jvms())
                .isEqualTo(1);
        String byJvm = seen();
        must("stop", "-k", name);

        Noted started = must("start", name);
        assertThat(started.jvms()).isZero();
        assertThat(started.result().out() + started.result().err()).isEmpty();
        assertThat(seen()).isEqualTo(byJvm);
        return byJvm;
    }

    /** All that there is to be seen of it, with the numbers that are others each time left out. */
    private String seen() {
        // By the JVM, which then compiles nothing in the background while the test goes on.
        String inside = NotedJava.run(
                        List.of(
                                NotedJava.JBOX,
                                "exec",
                                name,
                                "--",
                                "sh",
                                "-c",
                                "hostname; mount | sort; ls -l /dev /proc/1/fd | grep -v total | sed 's/.* //' | sort;"
                                        + " grep -v 'ctxt\\|FDSize\\|Vm\\|Rss\\|[Pp]id\\|NSs\\|NSpg' /proc/1/status; cat /proc/1/limits"
                                        + " /proc/1/cgroup; tr '\\0' ' ' </proc/1/environ; ip addr; ip route; id;"
                                        + " cat /etc/resolv.conf /etc/hosts"),
                        Map.of("JBOX_PROGRAM", "off"))
                .result()
                .out();
        return inside.replaceAll("/dev/pts/[0-9]+", "/dev/pts/N")
                        .replaceAll("@if[0-9]+", "@ifN")
                        // How jbox has reached the layers of an overlay.
                        .replaceAll("/proc/self/fd/[0-9]+", "/proc/self/fd/N")
                + state("spec.json")
                + state("state.json").replaceAll("\"(console|ttys)\":[\\[\\]0-9,]*", "")
                + Wires.sh("ls " + state);
    }

    private String state(String file) {
        try {
            return Files.readString(state.resolve(file))
                    .replaceAll("\\s+", "")
                    .replaceAll("\"id\":\"[^\"]*\"", "")
                    .replaceAll("\"veth\\w+\"", "\"vethN\"")
                    .replaceAll("[0-9]{3,}", "N");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
