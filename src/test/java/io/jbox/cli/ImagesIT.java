package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jbox.testhost.Boxes;
import io.jbox.testhost.OciImage;
import io.jbox.testhost.Originals;
import io.jbox.testhost.TarBuilder;
import io.jbox.testhost.TestHost;
import io.jbox.testhost.TestHost.Result;
import io.jbox.testhost.Wires;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Images as root file systems, good ones and bad ones, and the store that their trees are in. */
class ImagesIT {
    private static final Path FOLDER = Path.of("/run/images");
    private static final Path STORE = Path.of("/var/lib/jbox/.store");
    private static int number;

    @BeforeAll
    static void host() throws IOException {
        TestHost.require();
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/skopeo")), "skopeo is not installed");
        Files.createDirectories(FOLDER);
    }

    @AfterEach
    void clean() {
        TestHost.jbox("stop", "-k", "web");
        Wires.sh("rm -rf /var/lib/jbox/web; bin/jbox store gc -a");
        assertThat(everything()).isEqualTo(List.of("lock"));
    }

    @AfterAll
    static void end() {
        Wires.sh("rm -rf " + FOLDER + " " + STORE);
    }

    /** What the store has besides its folders. */
    private static List<String> everything() {
        return Arrays.asList(Wires.sh("cd " + STORE + " && find . -mindepth 1 -maxdepth 2 | sed 's,^./,,' | "
                        + "grep -vxE 'trees|images|names|users|making|uppers' | sort")
                .strip()
                .split("\n"));
    }

    private static TarBuilder base() {
        return TarBuilder.busybox();
    }

    private static String image(OciImage image) {
        return image.write(FOLDER.resolve("image" + number++));
    }

    private static Result run(String image, String... words) {
        List<String> all = new ArrayList<>(List.of("run", "--image", image));
        if (words.length > 0) {
            all.add("--");
            all.addAll(List.of(words));
        }
        return TestHost.jbox(all.toArray(new String[0]));
    }

    private static String out(Result result) {
        assertThat(result.exitCode()).as(result.err()).isZero();
        return result.out();
    }

    @Test
    void anImageSaysWhatRunsAndAsWhom() {
        String image = image(
                new OciImage()
                        .layer(base())
                        .settings(
                                "{\"Entrypoint\": [\"sh\", \"-c\"], \"Cmd\": [\"echo $GREETING; id; pwd\"],"
                                        + " \"Env\": [\"PATH=/bin\", \"GREETING=hello\"], \"User\": \"me\", \"WorkingDir\": \"/home/me\"}"));

        assertThat(out(run(image))).isEqualTo("hello\nuid=1000(me) gid=1001(me) groups=44(video)\n/home/me\n");
        assertThat(out(run(image, "sh", "-c", "touch here; ls -l here"))).contains(" me ");
        // Nothing of it is left.
        assertThat(out(run(image, "ls"))).isEmpty();
        assertThat(Wires.sh("ls " + STORE + "/uppers " + STORE + "/users")).doesNotContain("~");
    }

    @Test
    void aConfigurationIsOverItsImage() throws IOException {
        String image = image(new OciImage()
                .layer(base())
                .settings("{\"Cmd\": [\"/bin/none\"], \"Env\": [\"PATH=/bin\", \"A=1\", \"B=1\"], \"User\": \"7:8\"}"));
        Path file = FOLDER.resolve("web.yaml");
        Files.writeString(
                file,
                "rootfs: {image: \"" + image + "\"}\nenvironment: [B=2]\n"
                        + "init: {cmd: [/bin/sh, -c, 'trap \"exit 0\" PWR; while :; do sleep 1; done']}\n");

        Result lacking = TestHost.jbox("plan", file.toString());
        assertThat(lacking.exitCode()).isEqualTo(125);
        assertThat(lacking.err()).contains("is not in the store", file + ":1:", "hint: jbox store pull " + image);
        out(TestHost.jbox("start", file.toString()));

        assertThat(out(TestHost.jbox("config", "show", file.toString())).replaceAll(" +", " "))
                .contains(
                        "init.uid = 7 # image " + image,
                        "init.cmd.0 = /bin/sh # " + file,
                        "environment.1 = A=1 # image ");
        assertThat(out(TestHost.jbox("exec", "web", "--", "sh", "-c", "echo $A $B; echo kept > /tmp/file")))
                .isEqualTo("1 2\n");
        assertThat(out(TestHost.jbox("store", "ls")))
                .contains("/var/lib/jbox/web/rootfs")
                .contains(image);
        // Used trees stay, whatever is asked for.
        assertThat(out(TestHost.jbox("store", "gc", "-a"))).isEmpty();
        out(TestHost.jbox("stop", "web"));
        assertThat(out(TestHost.jbox("store", "gc", "-a"))).isEmpty();
        out(TestHost.jbox("start", file.toString()));
        assertThat(out(TestHost.jbox("exec", "web", "--", "cat", "/tmp/file"))).isEqualTo("kept\n");
    }

    /** The image of a name may change; a box stays on that which its files lie over until it is reset. */
    @Test
    void aBoxKeepsItsTreeUntilItIsReset() throws IOException {
        Path folder = FOLDER.resolve("changing");
        new OciImage().layer(base().file("version", "1\n")).write(folder);
        Path file = FOLDER.resolve("web.yaml");
        Files.writeString(
                file,
                "rootfs: {image: \"oci:" + folder + "\"}\n"
                        + "init: {cmd: [/bin/sh, -c, 'trap \"exit 0\" PWR; while :; do sleep 1; done']}\n");
        out(TestHost.jbox("start", file.toString()));
        Wires.sh("rm -rf " + folder);
        new OciImage().layer(base().file("version", "2\n")).write(folder);

        assertThat(out(run("oci:" + folder, "cat", "/version"))).isEqualTo("2\n");
        out(TestHost.jbox("stop", "-k", "web"));
        out(TestHost.jbox("start", file.toString()));
        assertThat(out(TestHost.jbox("exec", "web", "--", "cat", "/version"))).isEqualTo("1\n");
        Result running = TestHost.jbox("reset", file.toString());
        assertThat(running.exitCode()).isEqualTo(125);
        assertThat(running.err()).contains("is running", "jbox stop web");
        out(TestHost.jbox("stop", "-k", "web"));
        out(TestHost.jbox("reset", file.toString()));
        out(TestHost.jbox("start", file.toString()));
        assertThat(out(TestHost.jbox("exec", "web", "--", "cat", "/version"))).isEqualTo("2\n");
    }

    /** The files of a box may be those of another, too. */
    @Test
    void resetLeavesWhatAnotherBoxUses() throws IOException {
        Path other = Path.of("/var/lib/jbox/other");
        Files.createDirectories(other.resolve("rootfs"));
        Files.createDirectories(FOLDER.resolve("lower"));
        Files.writeString(other.resolve("rootfs/kept"), "kept");
        Files.writeString(other.resolve("config.yaml"), "init: {cmd: /bin/sh}\n");
        Path file = FOLDER.resolve("web.yaml");
        Files.writeString(file, "rootfs: {path: \"overlay:" + FOLDER + "/lower:box:other\"}\n");

        Result result = TestHost.jbox("reset", file.toString());

        assertThat(result.exitCode()).isEqualTo(125);
        assertThat(result.err()).contains("web: ", "other");
        assertThat(other.resolve("rootfs/kept")).hasContent("kept");
        Wires.sh("rm -rf " + other);
        // So that there is a store to be looked at.
        out(TestHost.jbox("store", "pull", image(new OciImage().layer(new TarBuilder()))));
    }

    @Test
    void diffTellsWhatABoxHasChanged() throws IOException {
        String image = image(
                new OciImage().layer(base().folder("opt").file("opt/old", "1").file("opt/kept", "2")));
        Path file = FOLDER.resolve("web.yaml");
        Files.writeString(
                file,
                "rootfs: {image: \"" + image + "\"}\n"
                        + "init: {cmd: [/bin/sh, -c, 'trap \"exit 0\" PWR; while :; do sleep 1; done']}\n");
        out(TestHost.jbox("start", file.toString()));
        out(TestHost.jbox(
                "exec",
                "web",
                "--",
                "/bin/sh",
                "-c",
                "echo abc > /tmp/new; echo x >> /etc/passwd; busybox rm /etc/group; busybox rm -r /home;"
                        + " busybox rm -r /opt; busybox mkdir -p /opt/sub; echo > /opt/sub/file; busybox chmod 700 /usr;"
                        + " busybox ln -s /etc/shadow /tmp/link"));

        String running = out(TestHost.jbox("diff", file.toString()));
        out(TestHost.jbox("stop", "-k", "web"));

        assertThat(running.lines()
                        .filter(line -> !line.matches(". .* /etc/(hostname|hosts|resolv.conf|mtab)|M - /(etc|tmp)?")))
                .containsExactlyInAnyOrder(
                        "D - /home",
                        "M - /usr",
                        "D - /etc/group",
                        "M 61B /etc/passwd",
                        "D - /opt/kept",
                        "D - /opt/old",
                        "A - /opt/sub",
                        "A 1B /opt/sub/file",
                        "A - /tmp/link",
                        "A 4B /tmp/new");
        assertThat(out(TestHost.jbox("diff", file.toString()))).isEqualTo(running);
        Result other = TestHost.jbox("diff", "bbox");
        assertThat(other.exitCode()).isEqualTo(125);
        assertThat(other.err()).contains("neither an image nor an overlay");
    }

    /** All that a later layer may do to an earlier one (layer.md). */
    @Test
    void layersAddAndTakeAway() {
        TarBuilder lower = base().folder("a")
                .file("a/one", "1")
                .file("a/two", "2")
                .folder("o")
                .folder("o/deep")
                .file("o/deep/x", "x")
                .file("o/y", "y")
                .folder("becomes")
                .file("becomes/file", "")
                .file("was", "file")
                .folder("kept")
                .file("kept/lower", "");
        TarBuilder upper = new TarBuilder()
                .file("a/.wh.one", "")
                .folder("o")
                .file("o/new", "n")
                .file("o/.wh..wh..opq", "")
                .file("o/deep/z", "z")
                .file("becomes", "a file")
                .folder("was")
                .file("was/inside", "i")
                .file("lib/through", "a link")
                .hardLink("other", "a/two")
                .file(".wh..wh.plnk", "");
        TarBuilder last = new TarBuilder()
                .file("o/.wh.nothing", "")
                .file("a/one", "again")
                // What the layer itself has in a folder stays, in whichever order.
                .file("kept/own", "")
                .file(".wh.kept", "");

        String found = out(run(
                image(new OciImage().layer(lower).layer(upper).layer(last)),
                "sh",
                "-c",
                "find /kept /a /o /becomes /was /usr/lib /other -type f | sort; cat /a/one; stat -c %h /other"));

        assertThat(found)
                .isEqualTo(
                        "/a/one\n/a/two\n/becomes\n/kept/own\n/o/deep/z\n/o/new\n/other\n/usr/lib/through\n/was/inside\nagain2\n");
    }

    /** Many images have an empty layer several times; layers may be of zstd, or not compressed. */
    @Test
    void layersMayRepeatAndBeOfAnyFormat() throws IOException {
        byte[] empty = new TarBuilder().bytes();
        byte[] base = base().bytes();
        Path plain = FOLDER.resolve("plain.tar");
        Files.write(plain, base);
        Wires.sh("zstd -q -f " + plain + " -o " + plain + ".zst");
        OciImage image = new OciImage()
                .layer(base, Files.readAllBytes(Path.of(plain + ".zst")))
                .layer(empty, OciImage.gzip(empty))
                .layer(empty, OciImage.gzip(empty))
                .layer(
                        new TarBuilder().file("last", "").bytes(),
                        new TarBuilder().file("last", "").bytes());
        String name = image(image);
        assertThat(out(run(name, "ls", "/last"))).isEqualTo("/last\n");

        Path archive = FOLDER.resolve("archive.tar");
        Wires.sh("rm -f " + archive + "; skopeo copy --quiet " + name + " docker-archive:" + archive + ":some/box:1");
        assertThat(out(run("docker-archive:" + archive, "ls", "/last"))).isEqualTo("/last\n");
        assertThat(out(run("docker-archive:" + archive + ":some/box:1", "ls", "/last")))
                .isEqualTo("/last\n");
    }

    /** Folders that a first start of a box has not made are not hidden by an image, nor is another image put below a box's files. */
    @Test
    void whatLiesOverSomethingElseIsRefused() throws IOException {
        String one = image(new OciImage().layer(base()));
        String two = image(new OciImage().layer(base().file("two", "")));
        Path file = FOLDER.resolve("web.yaml");
        String rest = "init: {cmd: [/bin/sh, -c, 'trap \"exit 0\" PWR; while :; do sleep 1; done']}\n";
        Wires.sh("mkdir -p /var/lib/jbox/web/rootfs/etc");
        Files.writeString(file, "rootfs: {image: \"" + one + "\"}\n" + rest);
        assertThat(TestHost.jbox("start", file.toString()).err())
                .contains("contains files that were not made on top of an image");
        out(TestHost.jbox("reset", file.toString()));
        out(TestHost.jbox("start", file.toString()));
        out(TestHost.jbox("stop", "-k", "web"));

        Files.writeString(file, "rootfs: {image: \"" + two + "\"}\n" + rest);
        assertThat(TestHost.jbox("start", file.toString()).err())
                .contains("lie over another image: " + one, file + ":1:");
        out(TestHost.jbox("reset", file.toString()));
        out(TestHost.jbox("start", file.toString()));
        assertThat(out(TestHost.jbox("exec", "web", "--", "ls", "/two"))).isEqualTo("/two\n");

        // A tree that is gone is made again, if it is the same.
        out(TestHost.jbox("stop", "-k", "web"));
        Wires.sh("rm -rf " + STORE + "/trees/*");
        out(TestHost.jbox("start", file.toString()));
    }

    static Stream<Arguments> bad() {
        TarBuilder good = new TarBuilder().folder("etc").file("etc/x", "x");
        byte[] bytes = good.bytes();
        byte[] gzip = OciImage.gzip(bytes);
        return Stream.of(
                Arguments.of("leads out of the tree", new TarBuilder().file("../victim/new", "x")),
                Arguments.of("leads out of the tree", new TarBuilder().file("a/../../victim/new", "x")),
                Arguments.of("", new TarBuilder().file("/run/images/victim/new", "x")),
                Arguments.of(
                        "", new TarBuilder().link("out", "/run/images/victim").file("out/new", "x")),
                Arguments.of(
                        "",
                        new TarBuilder()
                                .link("up", "../../../../../../../run/images/victim")
                                .file("up/new", "x")),
                Arguments.of("no folder", new TarBuilder().hardLink("passwd", "/run/images/victim/kept")),
                Arguments.of(
                        "leads out of the tree",
                        new TarBuilder().hardLink("passwd", "../../../../../../run/images/victim/kept")),
                Arguments.of(
                        "no folder",
                        new TarBuilder().link("l", "/run/images/victim").hardLink("p", "l/kept")),
                Arguments.of(
                        "",
                        new TarBuilder().link("l", "/run/images/victim/kept").add("l", '5', 0777, "", new byte[0])),
                Arguments.of("is in it twice", new TarBuilder().file("a", "1").file("a", "2")),
                Arguments.of(
                        "is in it twice",
                        new TarBuilder().link("a", "/run/images/victim/kept").file("./a", "2")),
                Arguments.of("takes nothing away", new TarBuilder().folder("d").file("d/.wh...", "")),
                Arguments.of("takes nothing away", new TarBuilder().folder("d").file("d/.wh.", "")),
                Arguments.of("is not a folder", new TarBuilder().file("a", "").file("a/b", "")),
                Arguments.of("whiteout of an overlay", new TarBuilder().device("w", '3', 0, 0)),
                Arguments.of("does not fit", new TarBuilder().lying("huge", 1L << 60)),
                Arguments.of(
                        "does not fit",
                        new TarBuilder()
                                .pax("GNU.sparse.size", 1L << 60, "GNU.sparse.map", "0,1")
                                .file("huge", "x")),
                Arguments.of(
                        "not a valid id",
                        new TarBuilder().pax("uid", "99999999999").file("a", "")),
                Arguments.of("type that jbox does not know", new TarBuilder().add("a", 'Q', 0, "", new byte[0])),
                Arguments.of("nested more than", new TarBuilder().folder("d/".repeat(600))),
                Arguments.of("another digest", new OciImage().layer(bytes, OciImage.gzip(new TarBuilder().bytes()))),
                Arguments.of(
                        "decompressed", new OciImage().layer(bytes, Arrays.copyOf(new byte[] {0x1f, (byte) 0x8b}, 40))),
                Arguments.of("ends", new OciImage().layer(bytes, Arrays.copyOf(gzip, gzip.length - 20))),
                Arguments.of(
                        "invalid number",
                        new OciImage().layer(bytes, "x".repeat(4096).getBytes(StandardCharsets.UTF_8))),
                Arguments.of("User", new OciImage().layer(good).settings("{\"User\": 5}")),
                Arguments.of("neither a number nor", new OciImage().layer(good).settings("{\"User\": \"nobody\"}")),
                Arguments.of("is for linux/s390x", new OciImage().layer(good).architecture("s390x")));
    }

    @ParameterizedTest
    @MethodSource("bad")
    void aBadImageLeavesNothing(String words, Object content) throws IOException {
        Path victim = FOLDER.resolve("victim");
        Files.createDirectories(victim);
        Files.writeString(victim.resolve("kept"), "kept");
        Wires.sh("chmod 700 " + victim);
        String before = Wires.sh("find " + victim + " -printf '%p %m %U %n %T@\\n'");
        OciImage bad = content instanceof OciImage image ? image : new OciImage().layer((TarBuilder) content);

        Result result = TestHost.jbox("store", "pull", image(bad));

        assertThat(Wires.sh("find " + victim + " -printf '%p %m %U %n %T@\\n'")).isEqualTo(before);
        if (!words.isEmpty()) {
            assertThat(result.exitCode()).as(result.out()).isEqualTo(125);
            assertThat(result.err()).startsWith("jbox: oci:/run/images/").contains(words);
            assertThat(everything()).isEqualTo(List.of("lock"));
        }
    }

    /** In either format, with a file that is replaced, an owner, and what its programs get. */
    @Test
    void whatBuildahMakesIsAnImage() {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/buildah")), "buildah is not installed");
        Path work = FOLDER.resolve("buildah");
        Wires.sh("""
                mkdir -p %1$s/files; cd %1$s; cp "$(command -v busybox)" files/sh; echo one >files/one; echo another >files/two
                buildah() { command buildah --root %1$s/root --runroot %1$s/run --storage-driver vfs "$@"; }
                box=$(buildah from scratch)
                buildah copy -q "$box" files/sh /bin/sh
                buildah copy -q --chown 7:8 "$box" files/one /etc/said
                buildah config --cmd '["/bin/sh","-c","cat said; id -u; echo $WHO"]' --user 7:8 --workingdir /etc \
                    --env WHO=me "$box"
                buildah commit -q --format oci "$box" oci:%1$s/image:first
                again=$(buildah from oci:%1$s/image:first)
                buildah copy -q --chown 7:8 "$again" files/two /etc/said
                buildah commit -q --format docker "$again" docker-archive:%1$s/image.tar:again:latest
                """.formatted(work));

        assertThat(out(TestHost.jbox("run", "--image", "oci:" + work + "/image:first")))
                .isEqualTo("one\n7\nme\n");
        assertThat(out(TestHost.jbox("run", "--image", "docker-archive:" + work + "/image.tar")))
                .isEqualTo("another\n7\nme\n");
        Wires.sh("rm -rf " + work);
    }

    /** The same in names, owners, times, modes, holes and attributes; but for the time of the root, which no layer names. */
    @Test
    void aTreeIsWhatUmociMakesOfIt() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/umoci")), "umoci is not installed");
        byte[] capability = {1, 0, 0, 2, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        TarBuilder lower = base().pax("SCHILY.xattr.security.capability", capability)
                .add("bin/ping", '0', 0755, "", "x".getBytes(StandardCharsets.UTF_8))
                .pax("SCHILY.xattr.user.note", "text")
                .file("etc/noted", "")
                .add("bin/su", '0', 04755, "", new byte[0])
                .add("tmp/pipe", '6', 0600, "", new byte[0])
                .device("dev/zero", '3', 1, 5)
                .hardLink("etc/again", "etc/noted")
                .add("tmp/holes", '0', 0600, "", new byte[1 << 20]);
        TarBuilder upper = new TarBuilder()
                .file("etc/.wh.group", "")
                .file("usr/lib/x", "x")
                .owner(5, 6)
                .folder("tmp");
        String name = image(new OciImage().layer(lower).layer(upper));
        out(TestHost.jbox("store", "pull", name));
        Path other = FOLDER.resolve("umoci");
        Wires.sh("umoci unpack --image " + name.substring(4) + ":latest " + other);

        assertThat(listing(STORE.resolve("trees/" + tree() + "/root"))).isEqualTo(listing(other.resolve("rootfs")));

        assertThat(Long.parseLong(Wires.sh("du -k " + STORE + "/trees/*/root/tmp/holes | cut -f1")
                        .strip()))
                .isLessThan(100);
        Wires.sh("rm -rf " + other);
    }

    private static String tree() {
        return Wires.sh("ls " + STORE + "/trees").strip();
    }

    private static String listing(Path root) {
        return Wires.sh("cd " + root + " && find . -mindepth 1 \\( -type d -printf '%y %m %U %G %T@ %p\\n' \\) -o"
                + " -printf '%y %m %U %G %T@ %s %n %l %p\\n' | sort; find . -type f | sort | xargs sha256sum;"
                + " find . -type c -exec stat -c '%t:%T %n' {} +;"
                + " getcap -r . | sort");
    }

    @Test
    void aTreeThatHasChangedIsNamed() {
        out(TestHost.jbox("store", "pull", image(new OciImage().layer(base()))));
        assertThat(out(TestHost.jbox("store", "verify"))).isEmpty();
        Wires.sh("chmod 4755 " + STORE + "/trees/*/root/bin/busybox");

        Result changed = TestHost.jbox("store", "verify", tree().substring(0, 8));

        assertThat(changed.exitCode()).isEqualTo(125);
        assertThat(changed.err()).contains("tree " + tree(), "is \"f 4755 ", "was \"f 755 ", "/bin/busybox");
    }

    /** Whoever makes the same tree, and is killed at whatever moment: it is there whole, or not at all. */
    @Test
    void manyAtOnceAndKilledLeaveWholeTreesOnly() throws IOException, InterruptedException {
        String image = image(new OciImage().layer(base()));
        List<Process> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Process process = TestHost.builder(TestHost.command("store", "pull", image))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            all.add(process);
            if (i % 2 == 0) {
                Thread.sleep(150L * i);
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                TestHost.end(process);
            }
        }
        for (int i = 0; i < all.size(); i++) {
            int exitCode = all.get(i).waitFor();
            if (i % 2 == 1) {
                assertThat(exitCode).isZero();
            }
        }

        out(TestHost.jbox("store", "verify"));
        out(TestHost.jbox("store", "gc"));
        assertThat(Wires.sh("ls " + STORE + "/trees | wc -l; ls " + STORE + "/making | wc -l"))
                .isEqualTo("1\n0\n");
        assertThat(out(run(image, "ls", "/usr"))).isEqualTo("lib\n");
    }

    @Test
    void aRegistryIsAskedWithTheUsersOwnSettings() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/docker-registry")), "docker-registry is not installed");
        Files.writeString(
                FOLDER.resolve("registry.yml"),
                "version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: " + FOLDER
                        + "/registry}}\nhttp: {addr: \"127.0.0.1:5001\"}\n"
                        + "auth: {htpasswd: {realm: here, path: " + FOLDER + "/htpasswd}}\n");
        Files.createDirectories(FOLDER.resolve(".config/containers"));
        // me:secret
        Files.writeString(
                FOLDER.resolve("htpasswd"), "me:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n");
        Files.writeString(
                FOLDER.resolve(".config/containers/registries.conf"),
                "[[registry]]\nlocation = \"127.0.0.1:5001\"\ninsecure = true\n");
        Map<String, String> settings = Map.of("HOME", FOLDER.toString(), "REGISTRY_AUTH_FILE", FOLDER + "/auth.json");
        String image = image(new OciImage().layer(base()));
        Process registry = TestHost.builder(List.of("docker-registry", "serve", FOLDER + "/registry.yml"))
                .redirectErrorStream(true)
                .redirectOutput(FOLDER.resolve("registry.log").toFile())
                .start();
        try {
            Boxes.await("the registry", () -> Wires.sh("ss -tln").contains(":5001"));
            assertThat(Wires.sh("skopeo copy --quiet --dest-tls-verify=false --dest-creds me:secret " + image
                            + " docker://127.0.0.1:5001/some/box:1 && echo copied"))
                    .contains("copied");
            List<String> pull = TestHost.command("store", "pull", "127.0.0.1:5001/some/box:1");

            Result refused = TestHost.run(pull, settings);
            assertThat(refused.exitCode()).isEqualTo(125);
            assertThat(refused.err()).contains("127.0.0.1:5001/some/box:1: ").containsIgnoringCase("auth");

            Wires.sh("REGISTRY_AUTH_FILE=" + FOLDER
                    + "/auth.json skopeo login --tls-verify=false -u me -p secret 127.0.0.1:5001");
            Result pulled = TestHost.run(pull, settings);
            assertThat(pulled.err()).isEmpty();
            assertThat(pulled.out()).startsWith("sha256:");
            // By its digest, and no registry is asked for what is in the store.
            String exact = "127.0.0.1:5001/some/box@" + pulled.out().strip();
            assertThat(TestHost.run(TestHost.command("store", "pull", exact), settings)
                            .out())
                    .isEqualTo(pulled.out());
        } finally {
            registry.destroy();
        }
        assertThat(out(run("127.0.0.1:5001/some/box:1", "ls", "/usr"))).isEqualTo("lib\n");
    }

    /** A user's trees have the owners of the user's boxes. */
    @Test
    void aUserHasAStoreOfHisOwn() throws IOException {
        Path home = Path.of("/run/home");
        Map<String, String> folders =
                Map.of("HOME", home.toString(), "XDG_RUNTIME_DIR", home + "/run", "JBOX_ARCHIVE", "off");
        Originals.makeUser();
        try {
            Files.createDirectories(home.resolve("run"));
            Wires.sh("chown -R 4242:4242 " + home + "; chmod 700 " + home + "; chmod 755 " + FOLDER);
            String image = image(new OciImage().layer(base()).settings("{\"User\": \"me\"}"));
            List<String> command = Originals.asUser(TestHost.command(
                    "run", "--image", image, "--", "/bin/sh", "-c", "id; stat -c %u:%g /home/me /bin"));

            Result result = TestHost.run(command, folders);

            assertThat(out(result)).isEqualTo("uid=1000(me) gid=1001(me) groups=44(video)\n1000:1001\n0:0\n");
            Path root = home.resolve(".local/share/jbox/.store/trees");
            assertThat(Wires.sh("stat -c %u " + root + "/*/root/home/me")).isEqualTo("300999\n");
            List<String> device = Originals.asUser(TestHost.command(
                    "store", "pull", image(new OciImage().layer(new TarBuilder().device("null", '3', 1, 3)))));
            assertThat(TestHost.run(device, folders).err()).contains("device node, which only root can make");
            assertThat(TestHost.run(Originals.asUser(TestHost.command("store", "verify")), folders)
                            .exitCode())
                    .isZero();
            assertThat(TestHost.run(Originals.asUser(TestHost.command("store", "gc", "-a")), folders)
                            .out())
                    .contains(image);
            assertThat(Wires.sh("ls " + root)).isEmpty();
        } finally {
            Originals.forgetUser();
            Wires.sh("rm -rf " + home);
        }
    }

    /** With a lock an image stays what it was, and the tree is the same wherever it is unpacked. */
    @Test
    void aLockKeepsAnImage() throws IOException {
        Path folder = FOLDER.resolve("locked");
        Path image = folder.resolve("image");
        Files.createDirectories(folder);
        new OciImage().layer(base().file("version", "1\n")).write(image);
        Path file = folder.resolve("web.yaml");
        Files.writeString(file, "rootfs: {image: \"oci:image\"}\n");
        String[] run = {"run", "-f", file.toString(), "--frozen", "--", "cat", "/version"};

        assertThat(TestHost.jbox(run).err()).contains("web.yaml:1:17", "there is no ", "jbox lock");
        assertThat(TestHost.jbox("lock", "--check", file.toString()).exitCode()).isEqualTo(1);
        String tree = out(TestHost.jbox("lock", file.toString())).strip().replaceFirst(".* is ", "");
        assertThat(Files.readString(folder.resolve("web.lock"))).contains("oci:image", tree, "sha256:");
        assertThat(out(TestHost.jbox("lock", "--check", file.toString()))).isEmpty();
        assertThat(out(TestHost.jbox(run))).isEqualTo("1\n");

        // Elsewhere, with other settings, it is the same tree.
        assertThat(Wires.sh("umask 077; TZ=Asia/Tokyo LC_ALL=C bin/jbox store --store /run/images/other pull oci:"
                        + image + " >/dev/null && ls /run/images/other/trees"))
                .isEqualTo(tree + "\n");

        // The name stands for something else now; the lock does not.
        Wires.sh("rm -rf " + image);
        new OciImage().layer(base().file("version", "2\n")).write(image);
        assertThat(out(TestHost.jbox(run))).isEqualTo("1\n");
        Wires.sh("rm -rf /var/lib/jbox/web; bin/jbox store gc -a");
        assertThat(TestHost.jbox(run).err()).contains("its manifest has another digest");
        assertThat(out(TestHost.jbox("lock", "--update", file.toString()))).doesNotContain(tree);
        assertThat(out(TestHost.jbox(run))).isEqualTo("2\n");

        Files.writeString(file, "rootfs: {image: \"oci:other\"}\n");
        assertThat(TestHost.jbox(run).err()).contains("web.lock is for another image, oci:image");
        assertThat(TestHost.jbox("lock", "--check", file.toString()).err()).contains("is for oci:image");
        // A digest of something else that the store has is not this name's.
        String other = image(new OciImage().layer(base().file("version", "other\n")));
        out(TestHost.jbox("store", "pull", other));
        String others = Wires.sh(
                        "sha256sum <" + other.substring(4) + "/index.json >/dev/null; grep -o 'sha256:[0-9a-f]*' "
                                + other.substring(4) + "/index.json | head -1")
                .strip();
        Files.writeString(file, "rootfs: {image: \"oci:image\"}\n");
        String locked = Files.readString(folder.resolve("web.lock"));
        Files.writeString(
                folder.resolve("web.lock"), locked.replaceFirst("manifest: sha256:[0-9a-f]*", "manifest: " + others));
        assertThat(TestHost.jbox(run).err()).contains("its manifest has another digest");

        Files.writeString(folder.resolve("web.lock"), "version: 1\nimage: {name: x}\n");
        assertThat(TestHost.jbox(run).err()).contains("web.lock", "the lock lacks version, inputs or image.name");
        Files.writeString(folder.resolve("web.lock"), "version: 1\ninputs: abc\n");
        assertThat(TestHost.jbox(run).err()).contains("web.lock:2:9", "sha256: and 64");
    }

    /** A definition that is made of a file has the image that the file's lock has. */
    @Test
    void aCopyOfAConfigurationHasItsLock() throws IOException {
        Path project = Files.createDirectories(FOLDER.resolve("copied"));
        String image = image(new OciImage().layer(base()));
        Path file = project.resolve("p.yaml");
        Files.writeString(file, "name: p\nidmap: none\nrootfs: {image: \"" + image + "\"}\n" + Boxes.idle() + "\n");
        Boxes.jbox("lock", file.toString());

        Boxes.jbox("create", "web", "-f", file.toString());
        Boxes.jbox("lock", "--check", "/var/lib/jbox/web/config.yaml");
        Boxes.jbox("start", "--frozen", "web");
        Boxes.jbox("stop", "-k", "web");
        Boxes.jbox("reset", "web");
        // The name stands for something else now.
        Wires.sh("rm -rf " + image.substring("oci:".length()) + "; bin/jbox store gc -a");
        new OciImage().layer(base().file("version", "2\n")).write(Path.of(image.substring("oci:".length())));
        assertThat(TestHost.jbox("start", "web").err()).contains("its manifest has another digest");
        Boxes.jbox("copy", "web", "web2");
        assertThat(Path.of("/var/lib/jbox/web2/config.lock"))
                .hasSameTextualContentAs(Path.of("/var/lib/jbox/web/config.lock"));
        Boxes.jbox("destroy", "web2");

        // From the box's own folder, a relative path leads elsewhere.
        Path own = Path.of(image.substring("oci:".length()));
        Wires.sh("cp -r " + own + " " + project.resolve("img"));
        Files.writeString(file, "name: p\nidmap: none\nrootfs: {image: \"oci:img\"}\n");
        Boxes.jbox("lock", file.toString());
        Result relative = TestHost.jbox("create", "other", "-f", file.toString());
        assertThat(relative.exitCode()).isEqualTo(125);
        assertThat(relative.err()).contains("p.yaml:3:", "make it absolute: oci:" + project.resolve("img"));
        Files.writeString(file, "name: p\nidmap: none\nrootfs: {image: \"oci:" + project.resolve("img") + "\"}\n");
        Boxes.jbox("create", "other", "-f", file.toString());
        Boxes.jbox("lock", "--check", "/var/lib/jbox/other/config.yaml");
        Boxes.jbox("destroy", "other");

        // Another program's lock is not looked at where there is nothing to lock.
        Files.writeString(file, "name: p\nrootfs: {path: " + project + "}\n");
        Files.writeString(project.resolve("p.lock"), "not ours");
        Boxes.jbox("create", "other", "-f", file.toString());
        assertThat(Path.of("/var/lib/jbox/other/config.lock")).doesNotExist();
        Boxes.jbox("destroy", "other");
    }

    /** What would keep its reader waiting for ever, or has no end. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "rm index.json; mkfifo index.json",
                "rm oci-layout; mkfifo oci-layout",
                "cd blobs/sha256; for f in *; do rm $f; mkfifo $f; done",
                "rm index.json; ln -s /dev/zero index.json",
            })
    void aSpecialFileIsNoPartOfAnImage(String change) {
        String image = image(new OciImage().layer(base()));
        String folder = image.substring("oci:".length());
        Wires.sh("cd " + folder + "; " + change);

        assertThat(TestHost.jbox("store", "pull", image).err()).contains("is neither a file nor a folder");
        Wires.sh("mkfifo " + FOLDER + "/fifo");
        for (String transport : List.of("oci", "oci-archive", "docker-archive")) {
            assertThat(TestHost.jbox("store", "pull", transport + ":" + FOLDER + "/fifo")
                            .err())
                    .contains("fifo is neither a file nor a folder");
        }
        Wires.sh("rm " + FOLDER + "/fifo");
    }
}
