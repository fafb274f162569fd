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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What is made of boxes' files: images, archives, copies; and stores' trees on their way to other hosts. */
class LayersIT {
    private static final Path FOLDER = Path.of("/run/layers");
    private static final Path BOXES = Path.of("/var/lib/jbox");
    private static final List<String> NAMES = List.of("web", "web-1", "other", "third");

    /** All of what a box may do to its files that matters to a copy of them. */
    private static final String CHANGES =
            "busybox rm /etc/group; busybox rm -r /home; busybox rm -r /opt; busybox mkdir -p /opt/sub;"
                    + " echo new >/opt/sub/file; busybox ln /opt/sub/file /opt/again; busybox mkfifo -m 600 /tmp/pipe;"
                    + " busybox chown 33:44 /tmp/pipe; echo x >\"/tmp/$(printf 'a\\377\\nb')\"; busybox ln -s /nowhere /tmp/link;"
                    + " busybox truncate -s 3M /tmp/holes; busybox chmod 4750 /opt/sub/file; busybox nc -lU /tmp/socket & sleep 0.3";

    private static final String LISTING =
            "cd $1 && find . -mindepth 1 -path ./proc -prune -o -path ./sys -prune -o -path ./dev -prune"
                    + " -o \\( -type d -printf '%y %m %U %G %p\\0' \\) -o ! -type s ! -type d ! -name hosts ! -name hostname -printf '%y %m %U %G %n %l %p\\0' | sort -z | tr '\\0\\n' '\\n?';"
                    + " find . -type f ! -path './proc/*' ! -path './sys/*' ! -name hosts ! -name hostname -print0 | sort -z |"
                    + " xargs -0 sha256sum";

    @BeforeAll
    static void host() throws IOException {
        TestHost.require();
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/skopeo")), "skopeo is not installed");
        Files.createDirectories(FOLDER);
        String image = new OciImage()
                .layer(TarBuilder.busybox().folder("opt").file("opt/old", "1").file("opt/kept", "2"))
                .settings("{\"Env\": [\"PATH=/bin\", \"KEPT=yes\"], \"User\": \"0:44\", \"WorkingDir\": \"/tmp\"}")
                .write(FOLDER.resolve("image"));
        Files.writeString(
                FOLDER.resolve("web.yaml"),
                "name: web\nrootfs: {image: \"" + image + "\"}\nnet: [{type: empty}]\n"
                        + "init: {cmd: [/bin/sh, -c, 'trap \"exit 0\" PWR; while :; do sleep 1; done'], uid: 0}\n");
    }

    @AfterEach
    void clean() {
        for (String name : NAMES) {
            TestHost.jbox("stop", "-k", name);
        }
        Wires.sh("rm -rf /var/lib/jbox/web /var/lib/jbox/web-1 /var/lib/jbox/other /var/lib/jbox/third;"
                + " bin/jbox store gc -a; cd " + FOLDER
                + " && find . -mindepth 1 -maxdepth 1 ! -name image ! -name web.yaml"
                + " -exec rm -rf {} +");
        assertThat(Wires.sh("ls -A " + BOXES + "/.store/trees " + BOXES + "/.store/making " + BOXES + "/.store/users"
                        + " " + BOXES + "/.store/names 2>/dev/null | grep . | grep -v :$ || :"))
                .isEmpty();
    }

    @AfterAll
    static void end() {
        Wires.sh("rm -rf " + FOLDER + " " + BOXES + "/.store");
    }

    private static String out(Result result) {
        assertThat(result.exitCode()).as(result.err()).isZero();
        return result.out();
    }

    private static String jbox(String... words) {
        return out(TestHost.jbox(words));
    }

    private static String refused(String... words) {
        Result result = TestHost.jbox(words);
        assertThat(result.exitCode()).as(result.out()).isEqualTo(125);
        return result.err();
    }

    /** A defined box over the image that has changed files. */
    private static void change() {
        jbox("create", "web", "-f", FOLDER + "/web.yaml");
        jbox("start", "web");
        jbox("exec", "web", "--", "/bin/sh", "-c", CHANGES);
        jbox("stop", "-k", "web");
    }

    private static String listing(String root) {
        return Wires.sh("set -- " + root + "; " + LISTING);
    }

    private static String tree() {
        return Wires.sh("ls -t " + BOXES + "/.store/trees | head -1").strip();
    }

    /** As the box itself sees it. */
    private static String seen() {
        Wires.sh("mkdir -p /run/layers/merged && mount -t overlay overlay -o userxattr,lowerdir=$(echo " + BOXES
                + "/.store/trees/*/root),upperdir=" + BOXES + "/web/rootfs,workdir=" + BOXES
                + "/web/rootfs.work /run/layers/merged");
        try {
            return listing("/run/layers/merged");
        } finally {
            Wires.sh("umount /run/layers/merged");
        }
    }

    @Test
    void aCommittedImageIsWhatTheBoxSees() {
        change();
        String seen = seen();
        assertThat(seen)
                .contains("p 600 33 44 1  ./tmp/pipe", "./opt/again", "./tmp/a")
                .doesNotContain("opt/kept", "socket");

        assertThat(jbox("commit", "web")).isEqualTo("store:web\n");
        assertThat(listing(BOXES + "/.store/trees/" + tree() + "/root")).isEqualTo(seen);
        assertThat(jbox("store", "verify")).isEmpty();

        assertThat(jbox("run", "--image", "store:web", "--", "sh", "-c", "echo $KEPT; pwd; id -g; cat /opt/again"))
                .isEqualTo("yes\n/tmp\n44\nnew\n");
        // The same files are the same image.
        String first = jbox("store", "ls");
        jbox("commit", "web", "web");
        assertThat(jbox("store", "ls")).isEqualTo(first);

        jbox("start", "web");
        assertThat(refused("commit", "web", "other")).contains("web: is running", "jbox freeze web, or jbox stop web");
        jbox("freeze", "web");
        assertThat(jbox("commit", "web", "frozen")).isEqualTo("store:frozen\n");
        jbox("unfreeze", "web");
        assertThat(refused("commit", "web", "Bad/name")).contains("store:");
        jbox("store", "rm", "store:frozen");
        assertThat(refused("run", "--image", "store:frozen", "--", "id"))
                .contains("store:frozen is not in the store", "jbox commit BOX frozen");
    }

    @Test
    void anExportedBoxIsWhatOthersMakeOfIt() throws IOException {
        change();
        String seen = seen();

        jbox("export", "web", "--tar", FOLDER + "/a.tar");
        Wires.sh("cd " + FOLDER + "; bin=$(command -v tar); mkdir t; $bin --xattrs -xpf a.tar -C t");
        assertThat(listing(FOLDER + "/t")).isEqualTo(seen);
        assertThat(Wires.sh("stat -c %a " + FOLDER + "/a.tar")).isEqualTo("600\n");
        assertThat(Wires.sh("bin/jbox export web --tar - | cmp - " + FOLDER + "/a.tar && echo same"))
                .isEqualTo("same\n");

        String digest = jbox("export", "web", "--oci", FOLDER + "/o:one").strip();
        jbox("export", "web", "--oci", FOLDER + "/p:one");
        assertThat(Wires.sh("diff -r " + FOLDER + "/o " + FOLDER + "/p && echo same"))
                .isEqualTo("same\n");
        assertThat(jbox("store", "pull", "oci:" + FOLDER + "/o:one").strip()).isEqualTo(digest);
        assertThat(listing(BOXES + "/.store/trees/" + tree() + "/root")).isEqualTo(seen);
        assertThat(jbox("run", "--image", "oci:" + FOLDER + "/o:one", "--", "sh", "-c", "echo $KEPT; pwd"))
                .isEqualTo("yes\n/tmp\n");
        if (Files.isExecutable(Path.of("/usr/bin/umoci"))) {
            Wires.sh("umoci unpack --image " + FOLDER + "/o:one " + FOLDER + "/u");
            assertThat(listing(FOLDER + "/u/rootfs")).isEqualTo(seen);
        }

        // A device is written to, and stays one.
        Wires.sh("mknod " + FOLDER + "/null c 1 3");
        jbox("export", "web", "--tar", FOLDER + "/null");
        assertThat(Wires.sh("stat -c %F " + FOLDER + "/null")).isEqualTo("character special file\n");
        assertThat(refused("export", "web", "--oci", FOLDER + "/o")).contains("o: exists already");
        assertThat(TestHost.jbox("export", "web").exitCode()).isEqualTo(2);
        jbox("start", "web");
        jbox("exec", "web", "--", "sh", "-c", "echo >/tmp/.wh.x");
        jbox("freeze", "web");
        assertThat(refused("export", "web", "--oci", FOLDER + "/bad")).contains("/tmp/.wh.x", "removed file");
        assertThat(refused("commit", "web", "bad")).contains("/tmp/.wh.x");
        assertThat(Wires.sh("ls " + FOLDER)).doesNotContain("bad", ".new");
        jbox("unfreeze", "web");
        // What it has of holes takes neither time nor space.
        jbox("exec", "web", "--", "sh", "-c", "busybox rm /tmp/.wh.x; busybox truncate -s 900G /tmp/holes");
        jbox("freeze", "web");
        jbox("export", "web", "--tar", FOLDER + "/a.tar");
        assertThat(Files.size(FOLDER.resolve("a.tar"))).isLessThan(10_000_000);
        Wires.sh("cd " + FOLDER + "; rm -rf t; mkdir t; tar -xf a.tar -C t");
        assertThat(Wires.sh("stat -c '%s %b' " + FOLDER + "/t/tmp/holes")).isEqualTo((900L << 30) + " 0\n");
        assertThat(refused("commit", "web", "bad")).contains("/holes", "does not fit");
        jbox("unfreeze", "web");
    }

    @Test
    void aPatchMakesTheSameOfTheSame() throws IOException {
        change();
        jbox("start", "web");
        jbox("exec", "web", "--", "sh", "-c", "echo more >>/etc/passwd; busybox head -c 99 /bin/busybox >/opt/bin");
        String patch = jbox("diff", "--patch", "web");

        assertThat(patch).contains("--- a/opt/old\n+++ /dev/null\n", "+more\n", "b/opt/bin differ, and are no texts");
        assertThat(TestHost.jbox("diff", "-p", "--json", "web").exitCode()).isEqualTo(2);
        Files.writeString(FOLDER.resolve("p"), patch.replaceAll("(?m)^Files .*\n", ""));
        Wires.sh("cp -a " + BOXES + "/.store/trees/*/root " + FOLDER + "/q && cd " + FOLDER
                + "/q && /bin/busybox patch -E -p1 <../p");
        assertThat(Wires.sh("cat " + FOLDER + "/q/etc/passwd")).endsWith("more\n");
        assertThat(FOLDER.resolve("q/opt/sub/file")).hasContent("new");
        assertThat(FOLDER.resolve("q/opt/old")).doesNotExist();
    }

    @Test
    void aCopyHasWhatTheBoxHadAndIsAnother() throws IOException {
        change();
        Files.writeString(
                BOXES.resolve("web/config.yaml"),
                Files.readString(BOXES.resolve("web/config.yaml"))
                        .replace("{type: empty}", "{type: veth, hwaddr: \"02:11:22:33:44:55\"}"));

        jbox("copy", "web", "other");

        jbox("start", "web");
        jbox("start", "other");
        assertThat(jbox("exec", "other", "--", "sh", "-c", "busybox hostname; cat /opt/again; ls /opt"))
                .isEqualTo("other\nnew\nagain\nsub\n");
        assertThat(jbox("exec", "other", "--", "cat", "/sys/class/net/eth0/address"))
                .startsWith("02:11:22:")
                .isNotEqualTo("02:11:22:33:44:55\n");
        jbox("exec", "other", "--", "sh", "-c", "echo other >/opt/again");
        assertThat(jbox("exec", "web", "--", "cat", "/opt/again")).isEqualTo("new\n");
        jbox("stop", "-k", "web");
        jbox("destroy", "web");
        // The tree is the copy's now.
        assertThat(jbox("store", "gc", "-a")).isEmpty();
        assertThat(jbox("store", "ls")).contains("/other/rootfs").doesNotContain("/web/rootfs");
        assertThat(refused("copy", "other", "third")).contains("other: is running");
        assertThat(refused("rename", "other", "third")).contains("other: is running");
        jbox("stop", "-k", "other");
        jbox("rename", "other", "third");
        jbox("start", "third");
        assertThat(jbox("exec", "third", "--", "sh", "-c", "busybox hostname; cat /opt/again"))
                .isEqualTo("third\nother\n");
        jbox("stop", "-k", "third");
        assertThat(jbox("store", "gc", "-a")).isEmpty();
        assertThat(jbox("ls", "-1")).doesNotContain("other").contains("third");
        assertThat(refused("copy", "third", "third")).contains("there is a box of that name already");
        assertThat(refused("copy", "wbe", "other")).contains("no box");
        assertThat(BOXES.resolve("other")).doesNotExist();
    }

    /** Whoever was killed after the folder had its new name: the next command brings it to its end. */
    @Test
    void aRenamingThatWasKilledIsBroughtToItsEnd() throws IOException {
        change();
        String text = Files.readString(BOXES.resolve("web/config.yaml"));
        Wires.sh("mv " + BOXES + "/web " + BOXES
                + "/other; mkdir -p /run/jbox/.pending; : >/run/jbox/.pending/999999.1.other");
        Files.writeString(
                BOXES.resolve("other/config.yaml.renamed"), text.replaceFirst("(?m)^name: web\n", "name: other\n"));

        assertThat(jbox("config", "show", "other")).contains("name ");
        jbox("start", "other");
        assertThat(jbox("exec", "other", "--", "cat", "/opt/again")).isEqualTo("new\n");

        assertThat(Files.readString(BOXES.resolve("other/config.yaml"))).startsWith("name: other\n");
        assertThat(BOXES.resolve("other/config.yaml.renamed")).doesNotExist();
        assertThat(BOXES.resolve("web")).doesNotExist();
    }

    /** What cannot be renamed or copied so that it means the same is refused, and stays as it was. */
    @Test
    void aDefinitionThatWouldMeanSomethingElseIsRefused() throws IOException {
        Path config = BOXES.resolve("web/config.yaml");
        Wires.sh("mkdir -p " + BOXES + "/web && cp -a " + TestHost.ROOTFS + " " + BOXES + "/web/rootfs");
        String net = "net: [{type: empty}]\n";
        String odd = "name: web\n" + net + "rootfs: {path: /var/lib/jbox//web/rootfs}\n";
        Files.writeString(config, odd);

        assertThat(refused("rename", "web", "other")).contains("would use", "config.yaml", "jbox config show");
        assertThat(config).hasContent(odd.strip());
        assertThat(Wires.sh("ls " + BOXES + "/web")).isEqualTo("config.yaml\nrootfs\n");
        assertThat(BOXES.resolve("other")).doesNotExist();

        Files.writeString(FOLDER.resolve("nets.yaml"), "net: [{type: veth, hwaddr: \"02:11:22:33:44:55\"}]\n");
        Files.writeString(config, "name: web\ninclude: [" + FOLDER + "/nets.yaml]\nrootfs: {path: rootfs}\n");
        assertThat(refused("copy", "web", "other"))
                .contains("nets.yaml:1:", "same hardware address", "02:11:22:xx:xx:xx");
        Files.writeString(
                config,
                "name: web\nenvironment: [A=02:11:22:33:44:55, B=/x/var/lib/jbox/web/y, C=/var/lib/jbox/web]\n"
                        + "net: [{type: veth, hwaddr: \"02:11:22:33:44:55\"}]\nrootfs: {path: rootfs}\n");
        jbox("copy", "-s", "web", "third");
        assertThat(Files.readString(BOXES.resolve("third/config.yaml")))
                .contains("A=02:11:22:33:44:55", "hwaddr: \"02:11:22:xx:xx:xx\"");
        jbox("destroy", "third");
        jbox("rename", "web", "other");
        assertThat(Files.readString(BOXES.resolve("other/config.yaml")))
                .contains("B=/x/var/lib/jbox/web/y, C=/var/lib/jbox/other]");
    }

    /** It is told both names; where it fails there is no copy. */
    @Test
    void theCloneHookRunsForTheCopy() throws IOException {
        String file = Boxes.define(
                "cloned",
                "hook: {clone: ['echo $LXC_SRC_NAME $JBOX_NAME >>/run/clones; [ ! -e /run/no-clones ] && :']}");
        jbox("create", "cloned", "-f", file);
        try {
            jbox("copy", "-s", "cloned", "clone");
            assertThat(Path.of("/run/clones")).content().isEqualTo("cloned clone\n");

            Files.createFile(Path.of("/run/no-clones"));
            assertThat(refused("copy", "-s", "cloned", "another")).contains("another: hook clone");
            assertThat(Path.of("/var/lib/jbox/another")).doesNotExist();
        } finally {
            Wires.sh("rm -rf /run/clones /run/no-clones; bin/jbox destroy clone; bin/jbox destroy cloned");
        }
    }

    /** A copy over an image has the tree that the original has, whatever the image's name stands for now. */
    @Test
    void aCopyKeepsTheTreeThatItsFilesLieOver() throws IOException {
        change();
        jbox("commit", "web", "made");
        Files.writeString(
                FOLDER.resolve("made.yaml"), "name: other\nrootfs: {image: \"store:made\"}\nnet: [{type: empty}]\n");
        jbox("create", "other", "-f", FOLDER + "/made.yaml");
        jbox("start", "other", "-s", "init.cmd=[/bin/sleep, 1000]");
        jbox("stop", "-k", "other");
        jbox("store", "rm", "store:made");

        jbox("copy", "other", "third");
        jbox("destroy", "other");

        assertThat(jbox("store", "gc")).doesNotContain("other");
        jbox("start", "third", "-s", "init.cmd=[/bin/sleep, 1000]");
        assertThat(jbox("exec", "third", "--", "cat", "/opt/again")).isEqualTo("new\n");
        jbox("stop", "-k", "third");

        // Its own files need not be in its folder.
        Path config = BOXES.resolve("third/config.yaml");
        Wires.sh("mv " + BOXES + "/third/rootfs " + FOLDER + "/upper; mv " + BOXES + "/third/rootfs.tree " + FOLDER
                + "/upper.tree");
        Files.writeString(
                config,
                Files.readString(config).replace("\"store:made\"", "\"store:made\", path: " + FOLDER + "/upper"));
        jbox("copy", "third", "other");
        assertThat(Files.readString(BOXES.resolve("other/config.yaml")))
                .contains("{image: \"store:made\", path: \"/var/lib/jbox/other/rootfs\"}");
        assertThat(BOXES.resolve("other/rootfs.tree")).exists();
    }

    /** A copy that has its own changes only keeps what it lies over, and one that is ephemeral goes with its end. */
    @Test
    void aSnapshotKeepsWhatItLiesOver() throws IOException {
        Path rootfs = BOXES.resolve("web/rootfs");
        Wires.sh("mkdir -p " + rootfs.getParent() + " && cp -a " + TestHost.ROOTFS + " " + rootfs);
        Files.writeString(
                BOXES.resolve("web/config.yaml"),
                "name: web\nnet: [{type: empty}]\nsignal: {halt: SIGUSR1}\nrootfs: {path: rootfs} # here\n");

        jbox("copy", "-s", "web", "other");

        assertThat(BOXES.resolve("other/rootfs")).doesNotExist();
        jbox("start", "other");
        jbox("exec", "other", "--", "sh", "-c", "echo 1 >/root/mine");
        assertThat(jbox("diff", "other")).contains("A 2B /root/mine");
        assertThat(rootfs.resolve("root/mine")).doesNotExist();
        assertThat(refused("destroy", "web")).contains("box other, which runs, uses " + rootfs);
        assertThat(refused("rename", "web", "third")).contains("box other, which runs, uses " + rootfs);
        jbox("stop", "-k", "other");
        assertThat(refused("destroy", "web")).contains("box other is defined and uses " + rootfs);

        assertThat(jbox("copy", "-e", "web")).isEqualTo("web-1\n");
        assertThat(jbox("exec", "web-1", "--", "busybox", "hostname")).isEqualTo("web-1\n");
        jbox("stop", "-k", "web-1");
        assertThat(BOXES.resolve("web-1")).doesNotExist();
        jbox("commit", "other", "flat");
        assertThat(jbox("run", "--image", "store:flat", "--", "cat", "/root/mine"))
                .isEqualTo("1\n");
    }

    /** What a lock needs goes to a host where its image is not to be had any more. */
    @Test
    void aStoreTakesWhatAnotherHas() throws IOException {
        change();
        jbox("commit", "web", "made");
        Path lock = FOLDER.resolve("made.lock");
        Files.writeString(FOLDER.resolve("made.yaml"), "name: third\nrootfs: {image: \"store:made\"}\n");
        jbox("lock", FOLDER + "/made.yaml");
        String archive = FOLDER + "/made.tar";
        jbox("store", "export", lock.toString(), "store:made", "-o", archive);
        assertThat(Wires.sh("bin/jbox store export store:made | cmp - " + archive + " && echo same"))
                .isEqualTo("same\n");
        String tree = tree();
        jbox("store", "rm", "store:made");
        jbox("store", "gc");
        assertThat(refused("run", "-f", FOLDER + "/made.yaml", "--frozen", "--", "cat", "/opt/again"))
                .contains("is not in the store", "jbox store import FILE");
        assertThat(refused("store", "export", lock.toString()))
                .contains("made.lock: store:made for linux/", "is not in the store");

        assertThat(jbox("store", "import", archive)).isEqualTo(tree + "\n");

        assertThat(jbox("run", "-f", FOLDER + "/made.yaml", "--frozen", "--", "cat", "/opt/again"))
                .isEqualTo("new\n");
        assertThat(jbox("store", "verify")).isEmpty();
        String other = FOLDER + "/store";
        assertThat(Wires.sh("umask 077; TZ=Asia/Tokyo bin/jbox store --store " + other + " import <" + archive))
                .isEqualTo(tree + "\n");
        assertThat(Wires.sh("bin/jbox store --store " + other + " verify && echo good"))
                .isEqualTo("good\n");
        // Records become names of files, and whoever has made the archive may mean others.
        String image = Wires.sh("cat " + BOXES + "/.store/images/*.json");
        for (String bad : List.of("sha256:../../../../../run/layers/x", "", "sha256:" + "0".repeat(300))) {
            byte[] hostile = new TarBuilder()
                    .file("jbox-store", "{\"version\": 1}")
                    .file("images/x.json", image.replaceFirst("sha256:[0-9a-f]{64}", bad))
                    .bytes();
            Files.write(FOLDER.resolve("hostile"), hostile);
            assertThat(refused("store", "--store", FOLDER + "/empty", "import", FOLDER + "/hostile"))
                    .contains("images/x.json", "is damaged");
        }
        Files.write(
                FOLDER.resolve("hostile"),
                new TarBuilder().file("jbox-store", "{\"version\": 1}").bytes());
        assertThat(refused("store", "--store", FOLDER + "/empty", "import", FOLDER + "/hostile"))
                .contains("no tree");
        // A damaged one adds nothing.
        Wires.sh("sed s/again/AGAIN/ " + archive + " >" + archive + ".bad");
        assertThat(refused("store", "--store", FOLDER + "/empty", "import", archive + ".bad"))
                .contains("the archive:");
        assertThat(refused("store", "--store", FOLDER + "/empty", "import", FOLDER + "/web.yaml"))
                .contains("tar archive");
        assertThat(Wires.sh("find " + FOLDER + "/empty/trees " + FOLDER + "/empty/making -mindepth 1"))
                .isEmpty();
    }

    /** Files of a user's box belong to ids that only the user's namespace can read. */
    @Test
    void aUserMakesTheSameOfBoxesOfTheirOwn() throws IOException {
        Path home = Path.of("/run/home");
        Map<String, String> folders =
                Map.of("HOME", home.toString(), "XDG_RUNTIME_DIR", home + "/run", "JBOX_ARCHIVE", "off");
        Originals.makeUser();
        try {
            Files.createDirectories(home.resolve("run"));
            Wires.sh("chown -R 4242:4242 " + home + "; chmod 700 " + home + "; chmod -R a+rX " + FOLDER);
            String script = "set -e; jbox=$PWD/bin/jbox; $jbox create web -f " + FOLDER
                    + "/web.yaml; $jbox start web 2>/dev/null;"
                    + " $jbox exec web -- sh -c 'busybox mkdir -m 700 /d; echo a >/d/x; busybox chown -R 33:33 /d; busybox chmod 600 /d/x';"
                    + " $jbox stop -k web; $jbox diff web | grep /d; $jbox diff -p web | grep d/x; $jbox commit web;"
                    + " $jbox run --image store:web -- ls -n /d; cd $HOME; $jbox export web --tar w.tar; tar tvf w.tar d/x;"
                    + " $jbox copy web other; $jbox start other 2>/dev/null; $jbox exec other -- cat /d/x; $jbox stop -k other;"
                    + " $jbox rename other third; $jbox store export store:web -o s; $jbox store rm store:web;"
                    + " $jbox store gc; $jbox store import s; $jbox store ls | grep -c store:web;"
                    + " $jbox destroy third; $jbox destroy web; $jbox store gc -a | grep -c rootfs || :; ls .local/share/jbox/.store/trees";
            Result result = TestHost.run(Originals.asUser(List.of("/bin/sh", "-c", script)), folders);

            assertThat(out(result).replaceAll("(?m)  +", " "))
                    .contains("A - /d\n", "A 2B /d/x\n", "+++ b/d/x\n", "store:web\n", " 33 33 2 ", "33/33 2 ", "\na\n")
                    .endsWith("\n1\n0\n");
        } finally {
            Originals.forgetUser();
            Wires.sh("rm -rf " + home);
        }
    }
}
