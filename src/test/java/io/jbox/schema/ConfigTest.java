package io.jbox.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.config.BoxFolders;
import io.jbox.config.Capability;
import io.jbox.config.Config;
import io.jbox.config.MountEntry;
import io.jbox.config.Namespace;
import io.jbox.config.NetType;
import io.jbox.config.RootfsPath;
import io.jbox.config.Value;
import io.jbox.problem.JboxException;
import io.jbox.yaml.DocumentCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigTest {
    @TempDir
    private Path folder;

    @Test
    void everyValueKnowsItsPlace() {
        Config config = TestConfigs.of("name: bbox\nrootfs:\n  path: /r\nnet:\n  - {type: empty, flags: up}\n");

        assertThat(config.name().place()).hasToString("test.yaml:1:7");
        assertThat(config.rootfs().path().place()).hasToString("test.yaml:3:9");
        assertThat(config.net().get(0).up().place()).hasToString("test.yaml:5:26");
        assertThat(config.init().place().isDefault()).isTrue();
    }

    @Test
    void readsScalarsAsTextWhateverYamlMakesOfThem() {
        Config config = TestConfigs.of("rootfs: {path: /r}\nname: 0700\nuts: {name: yes}\nenvironment: [A=1:30]\n"
                + "init: {uid: 010, cmd: [/bin/echo, 1:30, 0x10, on]}\n");

        assertThat(config.name().get()).isEqualTo("0700");
        assertThat(config.namespaces().utsName().get()).isEqualTo("yes");
        assertThat(config.init().uid().get()).isEqualTo(10);
        assertThat(config.init().cmd()).extracting(Value::get).containsExactly("/bin/echo", "1:30", "0x10", "on");
    }

    @Test
    void hasLxcsDefaults() {
        Config config = TestConfigs.of("rootfs: {path: /r}\n");

        assertThat(config.name().get()).isEqualTo("test");
        assertThat(config.namespaces().utsName().get()).isEqualTo("test");
        assertThat(config.init().cmd()).extracting(Value::get).containsExactly("/sbin/init");
        assertThat(config.signal().halt().get()).hasToString("SIGPWR");
        assertThat(config.net()).extracting(net -> net.type().get()).containsExactly(NetType.EMPTY);
        assertThat(config.mount().auto()).extracting(Value::get).containsExactly("proc:mixed", "sys:ro");
        assertThat(config.leavesIdsToHost()).isTrue();
        assertThat(config.namespaces().fresh())
                .containsExactlyInAnyOrder(
                        Namespace.MNT, Namespace.PID, Namespace.UTS, Namespace.IPC, Namespace.NET, Namespace.CGROUP);
    }

    @Test
    void acceptsLxcsWaysOfWritingValues() {
        Config config = TestConfigs.of(
                "rootfs: {path: \"dir:/r/\", options: \"ro,noatime\"}\n"
                        + "cap: {drop: sys_module CAP_MAC_ADMIN}\nsignal: {halt: rtmin+3, reboot: 15, stop: KILL}\n"
                        + "autodev: 0\nprlimit: {nofile: 1024, core: \"0:unlimited\"}\nidmap: [u 0 100000 65536, g 0 100000 65536]\n"
                        + "net:\n - {type: veth, link: br0, hwaddr: \"00:16:3e:xx:xx:xx\", ipv4: {address: 10.0.0.2/24 10.0.0.255}}\n");

        assertThat(config.rootfs().path().get().path()).isEqualTo("/r");
        assertThat(config.confinement().cap().drop())
                .extracting(Value::get)
                .containsExactly(Capability.SYS_MODULE, Capability.MAC_ADMIN);
        assertThat(config.signal().halt().get()).hasToString("SIGRTMIN+3");
        assertThat(config.mount().autodev().get()).isFalse();
        assertThat(config.resources().prlimit())
                .hasEntrySatisfying("core", limit -> assertThat(limit.get()).hasToString("0:unlimited"));
        assertThat(config.hasUserNamespace()).isTrue();
        assertThat(config.net().get(0).ipv4().addresses().get(0).get()).hasToString("10.0.0.2/24 10.0.0.255");
    }

    @Test
    void readsOverlays() {
        RootfsPath path = TestConfigs.of("rootfs: {path: \"overlay:/a:/b:/box/upper\"}\n")
                .rootfs()
                .path()
                .get();

        assertThat(path.lowers()).containsExactly("/a", "/b");
        assertThat(path.path()).isEqualTo("/box/upper");
        assertThat(path.work()).isEqualTo("/box/upper.work");
    }

    @Test
    void relativePathsAreRelativeToTheFileTheyStandIn() throws IOException {
        Files.createDirectories(folder.resolve("sub"));
        Files.writeString(
                folder.resolve("sub/base.yaml"), "rootfs: {path: base-rootfs}\nmount: {entry: [data srv none bind]}\n");
        Files.writeString(folder.resolve("box.yaml"), "include: sub\nlog: {file: box.log}\n");

        Config config = load("box.yaml", List.of());

        assertThat(config.rootfs().path().get().path()).isEqualTo(folder + "/sub/base-rootfs");
        assertThat(config.mount().entries().get(0).get().source()).isEqualTo(folder + "/sub/data");
        assertThat(config.log().file()).isNotNull().extracting(Value::get).isEqualTo(folder + "/box.log");
        assertThat(config.name().get()).isEqualTo("box");
    }

    @Test
    void includedFilesAreBelowAndListsGrow() throws IOException {
        Files.writeString(
                folder.resolve("base.yaml"),
                "rootfs: {path: /r}\nuts: {name: base}\nenvironment: [A=1]\ntty: {max: 2}\n");
        Files.writeString(folder.resolve("box.yaml"), "include: [base.yaml]\nuts: {name: box}\nenvironment: [B=2]\n");

        Config config = load("box.yaml", List.of());

        assertThat(config.namespaces().utsName().get()).isEqualTo("box");
        assertThat(config.terminals().ttyMax().get()).isEqualTo(2);
        assertThat(config.init().environment()).extracting(Value::get).containsExactly("A=1", "B=2");
    }

    @Test
    void readsFstabWithPlaces() throws IOException {
        Files.writeString(
                folder.resolve("fstab"),
                "# comment\n\nproc proc proc nosuid 0 0\n/a\\040b srv/c none bind,create=dir\n");
        Files.writeString(folder.resolve("box.yaml"), "rootfs: {path: /r}\nmount: {fstab: fstab}\n");

        List<Value<MountEntry>> entries = load("box.yaml", List.of()).mount().entries();

        assertThat(entries.get(1).get().source()).isEqualTo("/a b");
        assertThat(entries.get(1).place()).hasToString(folder + "/fstab:4:1");
    }

    @Test
    void overridesAreCheckedLikeTheRestAndKnowTheirPlace() throws IOException {
        Files.writeString(folder.resolve("box.yaml"), "rootfs: {path: /r}\nnet:\n  - {type: none}\n");

        Config config = load(
                "box.yaml",
                List.of(
                        "lxc.uts.name=a",
                        "uts.name=b",
                        "net.0.type=empty",
                        "init.cmd=[/bin/a, b c]",
                        "net.1={type: empty}"));

        assertThat(config.namespaces().utsName().get()).isEqualTo("b");
        assertThat(config.namespaces().utsName().place()).hasToString("command line:1:10");
        assertThat(config.net()).hasSize(2);
        assertThat(config.init().cmd()).extracting(Value::get).containsExactly("/bin/a", "b c");
        assertThatThrownBy(() -> load("box.yaml", List.of("uts.nmae=b"))).hasMessage("uts: unknown key \"nmae\"");
        assertThatThrownBy(() -> load("box.yaml", List.of("net.5.type=empty")))
                .hasMessageContaining("the list has 1 elements");
        assertThatThrownBy(() -> load("box.yaml", List.of("=b")))
                .isInstanceOfSatisfying(
                        JboxException.class, e -> assertThat(e.exitCode()).isEqualTo(2));
    }

    @Test
    void findsConfigurationsInOrder() throws IOException {
        Files.createDirectories(folder.resolve("boxes/a"));
        Files.writeString(folder.resolve("boxes/a/config.yaml"), "");
        Files.createDirectories(folder.resolve("configs"));
        Files.writeString(folder.resolve("configs/b.yaml"), "");
        ConfigFinder finder =
                new ConfigFinder(new BoxFolders(folder + "/boxes"), List.of(folder + "/configs"), Set.of());

        assertThat(finder.find("a")).isEqualTo(folder + "/boxes/a/config.yaml");
        assertThat(finder.find("b")).isEqualTo(folder + "/configs/b.yaml");
        assertThat(finder.find("dir/c.yaml")).isEqualTo("dir/c.yaml");
        assertThatThrownBy(() -> finder.find("c"))
                .isInstanceOfSatisfying(
                        JboxException.class,
                        e -> assertThat(e.problems().get(0).hint())
                                .isEqualTo("looked at " + folder + "/boxes/c/config.yaml, ./c.yaml, " + folder
                                        + "/configs/c.yaml"));
    }

    @Test
    void theCacheGivesTheSameTreeAndSurvivesTornEntries() throws IOException {
        Files.writeString(
                folder.resolve("box.yaml"),
                "rootfs: {path: /r}\nname: \"b\\u00f6x\"\n# \u00f6\n".replace("\\u00f6", "o"));
        Files.createDirectories(folder.resolve("cache"));
        DocumentCache cache = new DocumentCache(folder.resolve("cache").toFile());

        Config first = load(cache);
        Config second = load(cache);
        Path entry;
        try (var files = Files.list(folder.resolve("cache"))) {
            entry = files.findFirst().orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(entry);
        for (int length = 0; length < bytes.length; length += 7) {
            Files.write(entry, java.util.Arrays.copyOf(bytes, length));
            assertThat(load(cache).name()).isEqualTo(first.name());
        }

        assertThat(second.name()).isEqualTo(first.name());
        assertThat(second.rootfs().path().place())
                .isEqualTo(first.rootfs().path().place());
    }

    @Test
    void showsEveryValueWithItsOrigin() throws IOException {
        Files.writeString(folder.resolve("box.yaml"), "rootfs: {path: /r}\ntty: {max: 2}\n");
        ConfigPrinter printer = new ConfigPrinter(new ConfigLoader(
                new DocumentCache(null), new BoxFolders("/boxes"), ImageSource.NONE, DevSource.NOBODY));

        String text = printer.text(folder + "/box.yaml", List.of("uts.name=other"));

        assertThat(text)
                .containsPattern("(?m)^name = box +# default$")
                .containsPattern("(?m)^tty.max = 2 +# " + folder + "/box.yaml:2:12$")
                .containsPattern("(?m)^uts.name = other +# command line:1:10$")
                .containsPattern("(?m)^init.cmd = /sbin/init +# default$");
    }

    private Config load(DocumentCache cache) {
        return new ConfigLoader(cache, new BoxFolders("/var/lib/jbox"), ImageSource.NONE, DevSource.NOBODY)
                .load(folder + "/box.yaml", List.of());
    }

    private Config load(String name, List<String> overrides) {
        return new ConfigLoader(
                        new DocumentCache(null), new BoxFolders("/var/lib/jbox"), ImageSource.NONE, DevSource.NOBODY)
                .load(folder + "/" + name, overrides);
    }

    /** What a dev section stands for comes before what is written, and gives way to it. */
    @Test
    void aDevSectionIsBelowTheRest() throws IOException {
        Files.createDirectories(folder.resolve("keys"));
        Files.writeString(folder.resolve(".env"), "");
        Files.writeString(
                folder.resolve("dev.yaml"),
                "rootfs: {path: /srv/tree}\nmount: {entry: [\"/data data none bind\"]}\nnet: [{type: empty}]\n"
                        + "dev: {folder: /src, caches: [/var/cache/tool, ~/.m2], protect: [dev.yaml, gone], hide: [.env, keys]}\n");

        Config config = load("dev.yaml", List.of());

        String own = ",nosuid,nodev,idmap=65534:65534";
        assertThat(config.mount().entries())
                .extracting(value -> value.get().toString())
                .containsExactly(
                        folder + " src none rbind,create=dir" + own,
                        "/var/cache/tool var/cache/tool none bind,create=dir" + own,
                        "/nonexistent/.m2 nonexistent/.m2 none bind,create=dir" + own,
                        "/dev/null src/.env none bind,ro,nosuid,nodev,noexec",
                        folder + "/dev.yaml src/dev.yaml none rbind,ro" + own,
                        "hidden src/keys tmpfs ro,nosuid,nodev,noexec,size=4k,mode=0",
                        "/data data none bind");
        assertThat(config.net()).hasSize(1);
        assertThat(config.net().get(0).is(NetType.EMPTY)).isTrue();
        assertThat(config.init().cmd().get(0).get()).isEqualTo("/bin/sh");
        assertThat(config.name().get()).startsWith("dev-");
        assertThat(config.dev()).isNotNull();
    }
}
