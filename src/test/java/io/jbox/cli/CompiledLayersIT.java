package io.jbox.cli;

import static io.jbox.testhost.CompiledBox.must;
import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.testhost.CompiledBox;
import io.jbox.testhost.NotedJava;
import io.jbox.testhost.NotedJava.Noted;
import io.jbox.testhost.OciImage;
import io.jbox.testhost.TarBuilder;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Boxes whose root file systems have layers need no JVM either; what another layer hides or shows is noticed. */
class CompiledLayersIT {
    private static final Path FOLDER = Path.of("/run/layers");
    private static final String IDLE = "init: {cmd: [/bin/sleep, '1000']}";
    private static CompiledBox layered;
    private static CompiledBox fetched;

    @BeforeAll
    static void boxes() throws IOException {
        TestHost.require();
        NotedJava.make();
        Files.createDirectories(
                FOLDER, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Wires.sh("cp -a " + TestHost.ROOTFS + " " + FOLDER + "/lower");
        new OciImage()
                .layer(TarBuilder.busybox())
                .settings("{\"Env\": [\"PATH=/bin\"]}")
                .write(FOLDER.resolve("image"));
        layered = CompiledBox.with(
                "{path: \"overlay:" + FOLDER + "/lower:/var/lib/jbox/layered/upper\"}",
                "layered",
                "net: [{type: empty, flags: up}]",
                IDLE);
        fetched = CompiledBox.with(
                "{image: \"oci:" + FOLDER + "/image\"}", "fetched", "net: [{type: empty, flags: up}]", IDLE);
    }

    @BeforeEach
    void notYetAgain() {
        layered.notYetAgain();
        fetched.notYetAgain();
    }

    @AfterEach
    void end() {
        layered.end();
        fetched.end();
    }

    @AfterAll
    static void forget() {
        // What commands have left whose programs were made.
        layered.forget();
        fetched.forget();
        Wires.sh("rm -rf /var/lib/jbox/.store " + FOLDER);
    }

    @Test
    void theBoxesAreTheSameBothWays() {
        assertThat(layered.startedBothWays()).contains("overlay");
        fetched.startedBothWays();
    }

    /** What a command writes is in the box's own files, whichever way it came there. */
    @ParameterizedTest
    @ValueSource(strings = {"layered", "fetched"})
    void commandsRunInThem(String box) {
        NotedJava.sh("export JBOX_PROGRAM=off; $JBOX run " + box + " -- sh -c 'echo jvm >/by'");
        Noted program = NotedJava.sh("$JBOX run " + box + " -- sh -c 'cat /by; echo program >/by'");

        assertThat(program.result().out()).as(program.result().err()).isEqualTo("jvm\n");
        assertThat(program.jvms()).isZero();
        assertThat(NotedJava.sh("export JBOX_PROGRAM=off; $JBOX run " + box + " -- cat /by")
                        .result()
                        .out())
                .isEqualTo("program\n");
    }

    /** Two mounts of one upper folder would damage it. */
    @ParameterizedTest
    @ValueSource(strings = {"layered", "fetched"})
    void oneAtATimeHasTheUpperFolder(String box) {
        assertThat(must("start", box).jvms()).isZero();
        String byJvm = NotedJava.sh("export JBOX_PROGRAM=off; $JBOX run " + box + " -- true; echo $?")
                .result()
                .toString();
        Noted second = NotedJava.sh("$JBOX run " + box + " -- true; echo $?");

        assertThat(second.result().toString()).isEqualTo(byJvm).contains("another box runs on this upper folder");
        assertThat(second.jvms()).isEqualTo(1);
        assertThat(NotedJava.jbox("exec", box, "--", "cat", "/by").result().err())
                .doesNotContain("jbox:");
    }

    /** What is changed, and changed back. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "layered | echo x >/run/layers/lower/etc/resolv.conf | rm /run/layers/lower/etc/resolv.conf",
                "layered | cd /var/lib/jbox/layered/upper/etc; mv hostname away; echo own >hostname"
                        + " | cd /var/lib/jbox/layered/upper/etc; mv away hostname",
                "layered | cd /run/layers; mv lower away; cp -a away lower | cd /run/layers; rm -r lower; mv away lower",
                "layered | cd /var/lib/jbox/layered; mv upper away; cp -a away upper"
                        + " | cd /var/lib/jbox/layered; rm -r upper; mv away upper",
                "layered | mv /run/layers/lower/etc /run/layers/lower/no; mv /var/lib/jbox/layered/upper/etc /run/layers/etc"
                        + " | mv /run/layers/lower/no /run/layers/lower/etc; rm -rf /var/lib/jbox/layered/upper/etc;"
                        + " mv /run/layers/etc /var/lib/jbox/layered/upper/etc",
                "layered | ln -s nowhere /run/layers/lower/etc/resolv.conf | rm /run/layers/lower/etc/resolv.conf",
                "layered | rm -r /var/lib/jbox/layered/upper.work | true",
                "fetched | jbox lock fetched | rm /var/lib/jbox/fetched/config.lock",
                "fetched | cd /var/lib/jbox/.store/images; for f in *; do sed -i 's/$/ /' $f; done | true",
            })
    void whatHasChangedTakesTheJvm(String box, String change, String back) {
        CompiledBox changed = box.equals("layered") ? layered : fetched;
        Noted noted = changed.startedAfter(change.replace("jbox lock", NotedJava.JBOX + " lock"), back);

        assertThat(noted.jvms()).isPositive();
        changed.compile();
        assertThat(must("start", box).jvms()).isZero();
    }

    /** What its files lie over is looked at each time, and what is wrong is jbox's to say, also when it was compiled then. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "echo >>rootfs.tree | sed -i '$d' rootfs.tree | contains files that were not made on top of an image",
                "mv rootfs.tree away; ln -s away rootfs.tree | mv away rootfs.tree | contains files that were not made on",
                "mv rootfs.tree away; mkfifo rootfs.tree | mv away rootfs.tree | contains files that were not made on",
                "ln -s nowhere config.lock | rm config.lock | is a symbolic link",
                "sed -i 's,layers/image,layers/other,' config.yaml | sed -i 's,layers/other,layers/image,' config.yaml"
                        + " | the box's files lie over another image",
            })
    void whatIsWrongIsAnError(String change, String back, String error) {
        Wires.sh("cd /var/lib/jbox/fetched; " + change);
        Noted first = NotedJava.sh("timeout 20 $JBOX start fetched");
        NotedJava.jbox("compile", "fetched");
        Noted second = NotedJava.sh("timeout 20 $JBOX start fetched");
        Wires.sh("cd /var/lib/jbox/fetched; " + back);

        assertThat(first.result().err()).contains(error);
        assertThat(second.result().err()).contains(error);
        fetched.compile();
        assertThat(must("start", "fetched").jvms()).isZero();
    }

    /** A root file system without /etc gets no names, until it has one. */
    @Test
    void withoutEtcThereAreNoNames() {
        Wires.sh("mkdir -p /run/layers/bare/bin /run/layers/bare/tmp; cp -a " + TestHost.ROOTFS
                + "/bin/. /run/layers/bare/bin");
        CompiledBox bare = CompiledBox.with(
                "{path: \"overlay:" + FOLDER + "/bare:/var/lib/jbox/bare/upper\"}",
                "bare",
                "net: [{type: empty, flags: up}]",
                IDLE);
        assertThat(must("start", "bare").jvms()).isZero();
        must("stop", "-k", "bare");

        assertThat(bare.startedAfter("mkdir /var/lib/jbox/bare/upper/etc", "true")
                        .jvms())
                .isEqualTo(1);
        assertThat(Path.of("/var/lib/jbox/bare/upper/etc/hosts")).exists();
        bare.end();
        bare.forget();
    }

    /** What takes the place of a file is no reason to compile in vain. */
    @ParameterizedTest
    @ValueSource(strings = {"mkfifo", "mknod -m 0", "mkdir"})
    void whatIsNoFileIsNotCompiled(String make) {
        String file = "/var/lib/jbox/layered/upper/etc/resolv.conf";
        Wires.sh(make + " " + file + (make.startsWith("mknod") ? " c 0 0" : ""));
        String said = NotedJava.jbox("compile", "layered").result().err();
        Wires.sh("rm -r " + file);

        assertThat(said).contains("start is not compiled: " + file + " is of an unusual kind");
    }

    /** Also what jbox only says. */
    @ParameterizedTest
    @ValueSource(strings = {"layered", "fetched"})
    void whatOthersCanReachIsSaid(String box) {
        CompiledBox changed = box.equals("layered") ? layered : fetched;
        Noted noted = changed.startedAfter("chmod 755 /var/lib/jbox/" + box, "chmod 700 /var/lib/jbox/" + box);

        assertThat(noted.jvms()).isEqualTo(1);
        assertThat(noted.result().err()).contains("other users of this host can reach");
    }

    /** What the upper layer hides does not count. */
    @Test
    void whatIsHiddenMayChange() {
        assertThat(layered.startedAfter(
                                "echo other >/run/layers/lower/etc/hostname",
                                "echo bbox >/run/layers/lower/etc/hostname")
                        .jvms())
                .isZero();
    }

    /** A box of an image that was locked is compiled as well, and goes by the lock. */
    @Test
    void aLockIsPartOfIt() {
        NotedJava.jbox("lock", "fetched");
        fetched.compile();
        assertThat(must("start", "fetched").jvms()).isZero();
        must("stop", "-k", "fetched");

        Wires.sh("rm /var/lib/jbox/fetched/config.lock");
        assertThat(must("start", "fetched").jvms()).isEqualTo(1);
        must("stop", "-k", "fetched");
        fetched.compile();
    }

    /** A tree that boxes have files over is not collected, whoever has started them. */
    @Test
    void aTreeStays() {
        must("start", "fetched");
        assertThat(NotedJava.jbox("store", "gc", "-a").result().out()).isEmpty();
        must("stop", "-k", "fetched");
        assertThat(NotedJava.jbox("store", "gc", "-a").result().out()).isEmpty();
        assertThat(must("start", "fetched").jvms()).isZero();
        assertThat(List.of(Path.of("/var/lib/jbox/.store/trees").toFile().list()))
                .hasSize(1);
    }
}
