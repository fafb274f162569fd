package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.kernel.FileStatus;
import io.jbox.request.CreateRequest;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Definitions: made whole or not at all, removed with what jbox has made and nothing else. */
@Timeout(60)
class CreatorTest {
    @TempDir
    private Path folder;

    private StandIns host;

    @BeforeEach
    void host() {
        host = new StandIns(folder);
        template("mkdir -p \"$1/bin\" && echo \"$2\" >\"$1/made\"");
    }

    private void template(String script) {
        host.write("home/rootfs-scripts/busybox.sh", "#!/bin/sh\n" + script + "\n");
    }

    @AfterEach
    void end() {
        host.close();
    }

    private void create(String name, @Nullable String template, @Nullable String config, String... arguments) {
        new Creator(host.registry(host.kernel())).create(new CreateRequest(name, template, config, List.of(arguments)));
    }

    /** With the arguments that LXC's template has; nothing is made before the first start. */
    @Test
    void theTemplateDebianIsWrittenOut() throws IOException {
        create("plain", "debian", null);
        create(
                "much",
                "debian",
                null,
                "-r",
                "bookworm",
                "--packages=vim,git",
                "--mirror",
                "http://deb.example/debian/",
                "--enable-non-free");

        assertThat(text("plain")).contains("rootfs: {template: debian}\n");
        assertThat(text("much"))
                .contains(
                        "    suite: bookworm\n",
                        "    components: [contrib, main, non-free, non-free-firmware]\n",
                        ", git, ",
                        ", vim]\n",
                        "    mirror: \"http://deb.example/debian\"\ninit: {system: systemd}\n");
        assertThatThrownBy(() -> create("bad", "debian", null, "--arch=m68k"))
                .hasMessageContaining("template \"debian\" has no argument \"--arch=m68k\"");
        assertThatThrownBy(() -> create("bad", "debian", null, "--packages=a,-x"))
                .hasMessageContaining("is not the name of a package");
        assertThatThrownBy(() -> create("bad", "debian", null, "-r")).hasMessageContaining("-r lacks its value");
        assertThat(defined()).containsExactlyInAnyOrder("plain", "much");
    }

    private String text(String name) throws IOException {
        return Files.readString(
                Path.of(host.registry(host.kernel()).settings().boxes().config(name)));
    }

    private void destroy(String name, boolean force) {
        new Destroyer(host.registry(host.kernel())).destroy(name, force);
    }

    private List<String> defined() {
        return host.registry(host.kernel()).defined();
    }

    /** With the lock of another box, this one would have another image than its name says. */
    @Test
    void aLockThatIsThereAlreadyIsRefusedAndThatOfAKilledCreateIsTakenAway() {
        host.write("boxes/web/config.lock", "version: 1\n");

        assertThatThrownBy(() -> create("web", "busybox", null))
                .hasMessage(host.path("boxes/web/config.lock") + ": there is a lock, and no box");
        assertThat(folder.resolve("state/web")).doesNotExist();
        assertThat(folder.resolve("boxes/web").toFile().list()).containsExactly("config.lock");

        host.write("boxes/web/config.lock.new", "version: 1\n");
        host.write("boxes/web/config.yaml.new", "name: web\n");
        host.write("boxes/web/mine", "");
        new Creator(host.registry(host.kernel())).tidyUp("web");
        assertThat(folder.resolve("boxes/web").toFile().list()).containsExactly("mine");
    }

    @Test
    void isDefinedWithItsRootFileSystemAndDestroyedWithIt() {
        create("web", "busybox", null, "with");

        assertThat(defined()).containsExactly("web");
        assertThat(host.read("boxes/web/rootfs/made")).isEqualTo("with\n");
        assertThat(host.read("boxes/web/config.yaml")).startsWith("name: web\nrootfs: {template: busybox}\n");
        assertThat(folder.resolve("boxes/web").toFile().list()).containsExactlyInAnyOrder("config.yaml", "rootfs");
        assertThatThrownBy(() -> create("web", "busybox", null))
                .hasMessage("web: is already defined in " + host.path("boxes/web/config.yaml"));

        destroy("web", false);
        assertThat(defined()).isEmpty();
        assertThat(folder.resolve("boxes")).isEmptyDirectory();
        assertThat(folder.resolve("state/web")).doesNotExist();
    }

    @Test
    void aTemplateThatFailsLeavesNothing() {
        template("mkdir -p \"$1/bin\"; exit 1");

        assertThatThrownBy(() -> create("web", "busybox", null)).hasMessageEndingWith("failed with exit code 1");

        assertThat(folder.resolve("boxes")).isEmptyDirectory();
        assertThat(folder.resolve("state/web")).doesNotExist();
    }

    @Test
    void oneThatThereIsNotIsSaidBeforeAnythingIsMade() {
        assertThatThrownBy(() -> create("web", "nope", null)).hasMessageContaining("template \"nope\": there is no ");
        assertThatThrownBy(() -> create("web", "../small", null)).hasMessageContaining("there is no ");

        assertThat(folder.resolve("boxes")).isEmptyDirectory();
    }

    /** What was in the folder before is the user's. */
    @Test
    void whatFailsLeavesWhatWasThere() {
        host.write("boxes/web/notes", "mine");

        template("mkdir -p \"$1/bin\"; exit 1");

        assertThatThrownBy(() -> create("web", "busybox", null)).hasMessageEndingWith("failed with exit code 1");

        assertThat(folder.resolve("boxes/web").toFile().list()).containsExactly("notes");
    }

    @Test
    void aCopyHasItsOwnNameAndMeansTheSame() {
        host.write("search/base.yaml", "name: base\nrootfs: {path: /srv/base}\nuts: {name: base}\n");

        create("web", "none", host.path("search/base.yaml"));

        assertThat(host.read("boxes/web/config.yaml")).contains("name: web").contains("/srv/base");
    }

    @Test
    void aCopyThatWouldMeanOtherFilesIsRefused() {
        host.write("search/base.yaml", """
                name: base
                rootfs: {path: tree}
                mount: {entry: ["data data none bind,create=dir"]}
                """);

        assertThatThrownBy(() -> create("web", "none", host.path("search/base.yaml")))
                .hasMessageContaining("a relative path would mean another file");
        assertThat(folder.resolve("boxes")).isEmptyDirectory();
    }

    @Test
    void twoBoxesNeverHaveOneWritableLayer() {
        host.define("first", "rootfs: {path: 'overlay:/srv:" + host.path("upper") + "'}\n");
        host.write("search/base.yaml", "rootfs: {path: 'overlay:/srv:" + host.path("upper") + "'}\n");

        assertThatThrownBy(() -> create("second", "none", host.path("search/base.yaml")))
                .hasMessageContaining("the overlay's upper folder is that of box first");
    }

    @Test
    void whatAnotherBoxUsesStays() throws IOException {
        create("web", "busybox", null);
        host.define("user", "rootfs: {path: " + host.path("boxes/web/rootfs") + "}\n");

        assertThatThrownBy(() -> destroy("web", false))
                .hasMessage("web: box user is defined and uses " + host.path("boxes/web/rootfs"));
        assertThat(folder.resolve("boxes/web/rootfs/made")).exists();

        BoxRecord ran = host.run("runs", StandIns.HALTS, StandIns.TIDIES);
        host.state()
                .write(host.record(
                                host.spec("runs", List.of(), Map.of(), host.path("boxes/web/rootfs/bin")),
                                BoxState.RUNNING)
                        .with(ran.monitor(), ran.init()));
        assertThatThrownBy(() -> destroy("web", true))
                .hasMessage("web: box runs, which runs, uses " + host.path("boxes/web/rootfs/bin"));
        assertThat(folder.resolve("boxes/web/rootfs/made")).exists();
        assertThat(isTop("boxes/web/rootfs/bin")).isTrue();
        assertThat(isTop("search")).isFalse();
    }

    private boolean isTop(String path) {
        FileStatus status = FileStatus.of(host.kernel(), host.path(path));
        return status != null && new KnownTrees(host.registry(host.kernel())).isTop(status);
    }

    @Test
    void aBoxThatRunsIsDestroyedByForceOnly() {
        create("web", "busybox", null);
        BoxRecord record = host.run("web", StandIns.HALTS, StandIns.TIDIES);

        assertThatThrownBy(() -> destroy("web", false)).hasMessage("web: is running");
        new Destroyer(host.registry(host.kernel(record))).destroy("web", true);

        assertThat(host.left()).isEmpty();
        assertThat(folder.resolve("boxes/web")).doesNotExist();
        assertThat(folder.resolve("state/web")).doesNotExist();
    }

    @Test
    void oneWhoseConfigurationIsWrongIsDestroyedByForceOnly() {
        create("web", "busybox", null);
        host.define("web", "rotfs: {}\n");

        assertThatThrownBy(() -> destroy("web", false)).hasMessageContaining("unknown key \"rotfs\"");
        destroy("web", true);

        assertThat(folder.resolve("boxes/web")).doesNotExist();
    }

    /** Never what a link leads to. */
    @Test
    void aLinkIsNeitherFilledNorFollowed() throws IOException {
        host.write("elsewhere/file", "");
        Files.createSymbolicLink(folder.resolve("boxes/web"), folder.resolve("elsewhere"));

        assertThatThrownBy(() -> create("web", "none", null)).hasMessageEndingWith("web: is a symbolic link");
        assertThatThrownBy(() -> destroy("web", true)).hasMessageEndingWith("web: is a symbolic link");
        assertThat(folder.resolve("elsewhere/file")).exists();
    }

    @Test
    void whatThereIsNotCannotBeDestroyed() {
        host.define("web", "rootfs: {path: /r}\n");

        assertThatThrownBy(() -> destroy("wbe", false)).hasMessage("there is no box \"wbe\"");
    }

    @Test
    void aDestroyHookIsRunBeforeAnythingGoes() {
        create("web", "busybox", null);
        host.define(
                "web",
                "rootfs: {path: rootfs}\nhook: {destroy: 'ls " + host.path("boxes/web") + " >" + host.path("said")
                        + " #'}\n");

        destroy("web", false);

        assertThat(host.read("said")).contains("rootfs");
        assertThat(folder.resolve("boxes/web")).doesNotExist();
    }

    /** What jbox ls and jbox info tell. */
    @Test
    void whatIsKnownOfBoxes() {
        host.define("web", "rootfs: {path: /r}\ngroup: [a, b]\nstart: {auto: true}\n");
        host.define("wrong", "rotfs: {}\n");
        host.write("state/damaged/state.json", "{");
        BoxRecord record = host.run("runs", StandIns.HALTS, StandIns.TIDIES);
        host.state().make("seen");
        BoxInfoReader reader = new BoxInfoReader(host.registry(host.kernel()));

        List<BoxInfo> all = reader.readAll(List.of("damaged", "runs", "seen", "web", "wrong"), true);

        assertThat(all).extracting(BoxInfo::name).containsExactly("damaged", "runs", "web", "wrong");
        assertThat(all)
                .extracting(BoxInfo::state)
                .containsExactly(BoxState.STOPPED, BoxState.RUNNING, BoxState.STOPPED, BoxState.STOPPED);
        assertThat(all.get(0).problem()).contains("damaged");
        assertThat(all.get(1).pid())
                .isEqualTo(Objects.requireNonNull(record.init()).pid().number());
        // A shell, until it has become that.
        assertThat(all.get(1).init()).isIn("sh", "sleep");
        assertThat(all.get(1).definition().groups()).containsExactly("onboot");
        assertThat(all.get(2).definition().groups()).containsExactly("a", "b");
        assertThat(all.get(2).definition().autostart()).isTrue();
        assertThat(all.get(3).problem()).contains("unknown key \"rotfs\"");
    }
}
