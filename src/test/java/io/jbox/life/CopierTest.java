package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.request.CopyRequest;
import io.jbox.state.BoxRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Copies of definitions, and other names for them. */
@Timeout(60)
class CopierTest {
    private static final String WEB = """
            name: web
            # The site.
            rootfs: {template: busybox}
            net:
              - {type: veth, link: br0, hwaddr: "00:16:3e:11:22:33"}  # mine
            hook: {clone: ["%s/hook"]}
            """;

    @TempDir
    private Path folder;

    private StandIns host;

    @BeforeEach
    void web() {
        host = new StandIns(folder);
        host.write("hook", "#!/bin/sh\necho \"$JBOX_NAME of $JBOX_SRC_NAME\" >>" + folder + "/cloned\n");
        assertThat(folder.resolve("hook").toFile().setExecutable(true)).isTrue();
        host.write("boxes/web/config.yaml", WEB.formatted(folder));
        host.write("boxes/web/rootfs/etc/motd", "hello\n");
    }

    @AfterEach
    void end() {
        host.close();
    }

    private void copy(String name, CopyRequest.Kind kind) {
        new Copier(host.registry(host.kernel())).copy(new CopyRequest("web", name, kind));
    }

    private void rename(String name, String another) {
        new Renamer(host.registry(host.kernel())).rename(name, another);
    }

    private String[] boxes() {
        return folder.resolve("boxes").toFile().list();
    }

    @Test
    void aWholeCopyHasFilesAndAddressesOfItsOwn() {
        assumeTrue(
                OwnProcess.isRoot(NativeKernel.open()),
                "other users' files are in their own user namespaces, which jbox itself enters");
        copy("shop", CopyRequest.Kind.WHOLE);

        assertThat(host.read("boxes/shop/config.yaml"))
                .isEqualTo(
                        WEB.formatted(folder).replace("name: web", "name: shop").replace("11:22:33", "xx:xx:xx"));
        assertThat(host.read("boxes/shop/rootfs/etc/motd")).isEqualTo("hello\n");
        assertThat(host.read("boxes/web/config.yaml")).isEqualTo(WEB.formatted(folder));
        assertThat(host.read("cloned")).isEqualTo("shop of web\n");
    }

    @Test
    void aBoxThatSaysNothingOfItsFilesIsCopiedWithThem() {
        assumeTrue(
                OwnProcess.isRoot(NativeKernel.open()),
                "other users' files are in their own user namespaces, which jbox itself enters");
        host.write("boxes/web/config.yaml", "name: web\n");
        copy("shop", CopyRequest.Kind.WHOLE);

        assertThat(host.read("boxes/shop/config.yaml"))
                .isEqualTo("name: shop\nrootfs: {path: \"" + host.path("boxes/shop/rootfs") + "\"}\n");
        assertThat(host.read("boxes/shop/rootfs/etc/motd")).isEqualTo("hello\n");
    }

    @Test
    void aSnapshotLiesOverTheOriginalsFiles() {
        copy("shop", CopyRequest.Kind.SNAPSHOT);
        assertThat(host.read("boxes/shop/config.yaml"))
                .contains("name: shop\n", "rootfs: {path: \"overlay:" + host.path("boxes/web/rootfs") + ":box:shop\"}")
                .doesNotContain("ephemeral");
        assertThat(folder.resolve("boxes/shop/rootfs")).doesNotExist();

        copy("once", CopyRequest.Kind.EPHEMERAL);
        assertThat(host.read("boxes/once/config.yaml")).contains("ephemeral: true\n", "overlay:");

        // Nobody takes the files away from under them.
        assertThatThrownBy(() -> rename("web", "site"))
                .hasMessageContaining("is defined and uses " + host.path("boxes/web/rootfs"));
        assertThat(boxes()).containsExactlyInAnyOrder("web", "shop", "once");
    }

    @Test
    void whatCannotBeCopiedLeavesNothing() {
        host.write("boxes/taken/config.yaml", "name: taken\n");
        assertThatThrownBy(() -> copy("taken", CopyRequest.Kind.WHOLE))
                .hasMessageStartingWith("taken: there is a box of that name already");

        host.write("boxes/web/config.yaml", "{name: web, rootfs: {path: \"dir:box:web\"}}\n");
        assertThatThrownBy(() -> copy("shop", CopyRequest.Kind.WHOLE)).isNotNull();
        host.write("boxes/web/config.yaml", "name: web\nrootfs: {options: [shift]}\n");
        assertThatThrownBy(() -> copy("shop", CopyRequest.Kind.WHOLE))
                .hasMessageContaining("its files belong to its own ids on the host");
        assertThat(boxes()).containsExactlyInAnyOrder("web", "taken");
        assertThat(folder.resolve("state/shop")).doesNotExist();
    }

    @Test
    void aHookThatFailsUndoesTheCopy() {
        assumeTrue(
                OwnProcess.isRoot(NativeKernel.open()),
                "other users' files are in their own user namespaces, which jbox itself enters");
        host.write("hook", "#!/bin/sh\nexit 3\n");

        assertThatThrownBy(() -> copy("shop", CopyRequest.Kind.WHOLE)).hasMessageContaining("exit code 3");
        assertThat(boxes()).containsExactly("web");
    }

    @Test
    void aBoxThatRunsIsNeitherCopiedNorRenamed() {
        BoxRecord record = host.run("web", StandIns.HALTS, StandIns.TIDIES);

        assertThatThrownBy(() -> new Copier(host.registry(host.kernel(record)))
                        .copy(new CopyRequest("web", "shop", CopyRequest.Kind.WHOLE)))
                .hasMessage("web: is running");
        assertThatThrownBy(() -> new Renamer(host.registry(host.kernel(record))).rename("web", "shop"))
                .hasMessage("web: is running");
        assertThat(boxes()).containsExactly("web");
    }

    @Test
    void anotherNameIsThatOfTheFolderAndOfTheDefinition() {
        host.write(
                "boxes/web/config.yaml",
                "name: web\nrootfs: {template: busybox}\nmount: {entry: [\"" + host.path("boxes/web/data")
                        + " d none bind\"]}\n");
        host.write("state/web/log", "old\n");
        rename("web", "shop");

        assertThat(boxes()).containsExactly("shop");
        assertThat(host.read("boxes/shop/config.yaml"))
                .isEqualTo("name: shop\nrootfs: {template: busybox}\nmount: {entry: [\"" + host.path("boxes/shop/data")
                        + " d none bind\"]}\n");
        assertThat(host.read("boxes/shop/rootfs/etc/motd")).isEqualTo("hello\n");
        assertThat(folder.resolve("state/web")).doesNotExist();
        assertThat(folder.resolve("state/shop")).doesNotExist();

        rename("shop", "web");
        assertThat(boxes()).containsExactly("web");
    }

    @Test
    void whatCannotBeRenamedIsAsItWas() {
        host.write("boxes/taken/config.yaml", "name: taken\n");
        assertThatThrownBy(() -> rename("web", "taken")).hasMessageStartingWith("taken: there is a box");
        assertThatThrownBy(() -> rename("web", "web")).hasMessage("web: has that name already");
        assertThatThrownBy(() -> rename("wbe", "shop")).hasMessageContaining("wbe");

        // The name of the folder is the box's by chance: the definition names another.
        host.write("boxes/web/config.yaml", "include: [name.yaml]\n");
        host.write("boxes/web/name.yaml", "name: web\n");
        assertThatThrownBy(() -> rename("web", "shop")).isNotNull();
        assertThat(boxes()).containsExactlyInAnyOrder("web", "taken");
        assertThat(folder.resolve("boxes/web").toFile().list())
                .containsExactlyInAnyOrder("config.yaml", "name.yaml", "rootfs");
        assertThat(folder.resolve("state/shop")).doesNotExist();
    }

    @Test
    void aRenamingThatWasKilledIsBroughtToItsEnd() throws IOException {
        Renamer renamer = new Renamer(host.registry(host.kernel()));
        host.write("boxes/web/config.yaml.renamed", "name: web\nautodev: {max: 1}\n");
        renamer.tidyUp("web");
        assertThat(host.read("boxes/web/config.yaml")).startsWith("name: web\nautodev");

        host.write("boxes/web/config.yaml.renamed", "name: shop\n");
        renamer.tidyUp("web");
        assertThat(host.read("boxes/web/config.yaml")).startsWith("name: web\n");
        assertThat(Files.exists(folder.resolve("boxes/web/config.yaml.renamed")))
                .isFalse();
    }
}
