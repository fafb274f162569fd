package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jbox.config.Config;
import io.jbox.config.ImageName;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.store.ImageRecord;
import io.jbox.store.Store;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Images and archives of boxes. */
@Timeout(60)
class ExporterTest {
    private static final String WEB = """
            name: web
            init: {cmd: [/bin/httpd, -f], uid: 7, cwd: /srv}
            environment: [LANG=C]
            """;

    @TempDir
    private Path folder;

    private StandIns host;

    @BeforeEach
    void web() {
        host = new StandIns(folder);
        host.define("web", WEB);
        host.write("boxes/web/rootfs/etc/motd", "hello\n");
        StandInJbox.make(host, "exit 1");
    }

    @AfterEach
    void end() {
        host.close();
    }

    private BoxRegistry registry() {
        return host.registry(NativeKernel.open());
    }

    private Config config(String box) {
        return registry().load(host.path("boxes/" + box + "/config.yaml"), List.of());
    }

    private Exporter exporter() {
        return new Exporter(registry());
    }

    private static void requireRoot() {
        assumeTrue(OwnProcess.isRoot(NativeKernel.open()), "other users' trees are in their own user namespaces");
    }

    @Test
    void anImageHasTheFilesAndWhatTheConfigurationSaysOfPrograms() throws Exception {
        requireRoot();
        ImageRecord image = exporter().commit(config("web"), "site");

        Store store = new Store(NativeKernel.open(), host.path("store"));
        assertThat(store.find(ImageName.parse("store:site"), image.platform())).isEqualTo(image);
        assertThat(Path.of(store.tree(image.tree()), "etc/motd")).hasContent("hello");
        assertThat(image.run())
                .isEqualTo(
                        new ImageRecord.Run(List.of("/bin/httpd", "-f"), List.of("LANG=C"), 7, 0, List.of(), "/srv"));
        assertThat(folder.resolve("state/web")).doesNotExist();
    }

    @Test
    void anArchiveIsWrittenToAFileOrAStream() throws IOException {
        requireRoot();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        exporter().tar(config("web"), out);
        exporter().tar(config("web"), folder.resolve("web.tar"));

        assertThat(out.toString(StandardCharsets.ISO_8859_1)).contains("etc/motd", "hello\n", "ustar");
        assertThat(Files.readAllBytes(folder.resolve("web.tar"))).isEqualTo(out.toByteArray());
    }

    @Test
    void anOciFolderIsThereAsAWhole() throws IOException {
        requireRoot();
        String digest = exporter().oci(config("web"), folder.resolve("oci"), "one");

        assertThat(digest).startsWith("sha256:");
        assertThat(Files.readString(folder.resolve("oci/index.json"))).contains(digest, "\"one\"");
        assertThatThrownBy(() -> exporter().oci(config("web"), folder.resolve("oci"), "one"))
                .hasMessageContaining("oci: exists already");
    }

    /** Neither a folder nor a part of a file stays, and the box can be started. */
    @Test
    void whatFailsLeavesNothing() {
        StandInJbox.failing(host, "boxes/web/rootfs/etc: Input/output error");

        assertThatThrownBy(() -> exporter().oci(config("web"), folder.resolve("oci"), "one"))
                .hasMessageContaining("Input/output error")
                .hasMessageNotContaining("jbox: ");
        assertThatThrownBy(() -> exporter().tar(config("web"), folder.resolve("web.tar")))
                .hasMessageContaining("Input/output error");
        assertThatThrownBy(() -> exporter().commit(config("web"), "site")).hasMessageContaining("Input/output error");

        assertThat(folder.toFile().list()).noneMatch(name -> name.startsWith("oci") || name.startsWith("web"));
        assertThat(folder.resolve("state/web")).doesNotExist();
    }

    @Test
    void onlyABoxThatStandsStill() {
        host.run("web", StandIns.HALTS, StandIns.TIDIES);

        assertThatThrownBy(() -> exporter().commit(config("web"), "site")).hasMessageContaining("web: is running");
        assertThatThrownBy(() -> exporter().tar(config("web"), new ByteArrayOutputStream()))
                .hasMessageContaining("web: is running");
    }

    @Test
    void onlyFilesThatAreABoxesOwn() {
        host.define("host", "name: host\nrootfs: {path: /}\n");
        host.define("new", "name: new\n");
        host.define("same", "name: same\nrootfs: {path: " + host.path("boxes/web/rootfs") + "}\n");

        assertThatThrownBy(() -> exporter().commit(config("host"), "site"))
                .hasMessageContaining("its root file system is the host's");
        assertThatThrownBy(() -> exporter().commit(config("new"), "site"))
                .hasMessageContaining("has no files of its own yet");
        assertThatThrownBy(() -> exporter().commit(config("web"), "a/b")).hasMessageContaining("image \"a/b\"");

        host.run("web", StandIns.HALTS, StandIns.TIDIES);
        assertThatThrownBy(() -> exporter().commit(config("same"), "site"))
                .hasMessageContaining("box web, which runs, uses");
    }
}
