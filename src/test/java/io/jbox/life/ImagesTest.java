package io.jbox.life;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jbox.config.BadValueException;
import io.jbox.config.ImageLock;
import io.jbox.config.ImageName;
import io.jbox.config.PackageList;
import io.jbox.config.Pin;
import io.jbox.config.RootfsPath;
import io.jbox.config.TreeSteps;
import io.jbox.config.Value;
import io.jbox.image.CommitRequest;
import io.jbox.image.Progress;
import io.jbox.image.TreeSource;
import io.jbox.kernel.NativeKernel;
import io.jbox.kernel.OwnProcess;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.Source;
import io.jbox.schema.ImageSource;
import io.jbox.store.EphemeralUppers;
import io.jbox.store.ImageRecord;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a store has for the boxes of configurations. */
@Timeout(120)
class ImagesTest {
    private static final Place PLACE = Place.of(new Source("web.yaml", ""));
    private static final String PLATFORM = Images.platform("");
    private static final ImageRecord.Run RUN =
            new ImageRecord.Run(List.of("/bin/httpd"), List.of("LANG=C"), 7, 8, List.of(9L), "/srv");

    /** In place of a box, a step is taken in a copy of nothing: its upper folder, which is beside its configuration. */
    private static final String IN_UPPER = "cd \"${2%/*}/files\" && shift 3 && exec \"$@\"; exit 1";

    @TempDir
    private Path folder;

    private StandIns host;
    private ImageName base;

    @BeforeEach
    void store() throws BadValueException {
        assumeTrue(OwnProcess.isRoot(NativeKernel.open()), "other users' trees are in their own user namespaces");
        host = new StandIns(folder);
        StandInJbox.make(host, IN_UPPER);
        host.write("tree/etc/motd", "hello\n");
        base = ImageName.parse("store:base");
        images(Images.Missing.REFUSE).store().makeFolders();
        commit(base, "tree");
    }

    @AfterEach
    void end() {
        if (host != null) {
            host.close();
        }
    }

    private Images images(Images.Missing missing) {
        return new Images(host.path("store"), host.path("home"), missing, Progress.NONE);
    }

    private void commit(ImageName name, String tree) {
        TreeSource source = new TreeSource(new RootfsPath(List.of(), host.path(tree)), List.of());
        images(Images.Missing.REFUSE).work().commit(text(new CommitRequest(source, RUN, "").text()), name, PLATFORM);
    }

    private static ByteArrayInputStream text(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    private ImageSource.Wanted wanted(@Nullable ImageLock lock, String... steps) {
        List<Value<String>> commands = new ArrayList<>();
        for (String step : steps) {
            commands.add(new Value<>(step, PLACE));
        }
        return new ImageSource.Wanted(host.path("boxes/web/rootfs"), List.of(), lock, new TreeSteps(commands, false));
    }

    private ImageSource.Known find(Images.Missing missing, ImageName name, ImageSource.Wanted wanted) {
        return images(missing).find(new Value<>(name, PLACE), "", wanted);
    }

    private static ImageLock lock(String platform, String manifest, String tree) {
        return new ImageLock(
                "store:base",
                null,
                List.of(new ImageLock.Platform(platform, manifest, List.of(), tree, PackageList.NONE)));
    }

    @Test
    void aConfigurationHasItsTreeAndItsPrograms() {
        ImageSource.Known known = find(Images.Missing.REFUSE, base, wanted(null));

        assertThat(Path.of(known.tree(), "etc/motd")).hasContent("hello");
        assertThat(known.settings().toString()).contains("/bin/httpd", "LANG=C", "/srv", "7", "8", "9");
        assertThat(known.image().pinned()).isFalse();
        assertThat(known.image().ephemeral()).isFalse();
        // Which image the name stands for may change: only a box with files of its own keeps to one.
        assertThat(known.files()).isNull();
    }

    @Test
    void aBoxWithFilesKeepsToWhatTheyLieOver() throws IOException {
        ImageSource.Known first = find(Images.Missing.REFUSE, base, wanted(null));
        Files.createDirectories(folder.resolve("boxes/web/rootfs/etc"));
        host.write(
                "boxes/web/rootfs.tree",
                new Pin("store:base", first.image().manifest(), first.image().tree()).text());
        host.write("tree/etc/motd", "another\n");
        commit(base, "tree");

        ImageSource.Known known = find(Images.Missing.REFUSE, base, wanted(null));
        assertThat(known.image().tree()).isEqualTo(first.image().tree());
        assertThat(known.image().pinned()).isTrue();
        assertThat(known.files()).contains(host.path("boxes/web/rootfs.tree"));
        assertThatThrownBy(() -> find(Images.Missing.REFUSE, ImageName.parse("store:other"), wanted(null)))
                .hasMessageContaining("lie over another image: store:base");
    }

    /** A box that ends with its command has no files before it. */
    @Test
    void oneOfACommandReliesOnTheRecordOfTheName() {
        String upper = EphemeralUppers.path(host.path("store"), "base~slot0");
        ImageSource.Wanted wanted = new ImageSource.Wanted(upper, List.of(), null, new TreeSteps(List.of(), false));

        ImageSource.Known known = find(Images.Missing.REFUSE, base, wanted);

        assertThat(known.image().ephemeral()).isTrue();
        assertThat(known.files()).hasSize(2).allMatch(file -> new File(file).isFile());
    }

    @Test
    void whatIsMissingIsToldOrLeft() throws BadValueException {
        ImageName none = ImageName.parse("store:none");

        for (Images.Missing missing : List.of(Images.Missing.REFUSE, Images.Missing.FETCH)) {
            assertThatThrownBy(() -> find(missing, none, wanted(null)))
                    .isInstanceOfSatisfying(
                            JboxException.class,
                            e -> assertThat(e.problems().get(0).place()).isEqualTo(PLACE))
                    .hasMessageContaining("rootfs.image: store:none is not in the store");
        }
        assertThat(find(Images.Missing.LEAVE, none, wanted(null)).image().tree())
                .isEmpty();
    }

    /** Another jbox says why. */
    @Test
    void whatCannotBeFetchedIsToldAsTheOtherSaysIt() throws BadValueException {
        ImageName missing = ImageName.parse("oci:" + host.path("no-such-image"));
        StandInJbox.failing(host, "no-such-image: is no image");

        assertThatThrownBy(() -> find(Images.Missing.REFUSE, missing, wanted(null)))
                .hasMessageContaining("is not in the store");
        assertThatThrownBy(() -> find(Images.Missing.FETCH, missing, wanted(null)))
                .hasMessageContaining("no-such-image: is no image");
        host.write("home/bin/jbox", "#!/bin/sh\nexit 0\n");
        assertThatThrownBy(() -> find(Images.Missing.FETCH, missing, wanted(null)))
                .hasMessageContaining("was fetched, and is not in the store");
        assertThatThrownBy(() -> images(Images.Missing.REFUSE)
                        .commit(new TreeSource(new RootfsPath(List.of(), "/none"), List.of()), missing, PLATFORM, RUN))
                .hasMessageContaining("was made, and is not in the store");
        assertThat(images(Images.Missing.REFUSE)
                        .delegate(
                                List.of("ls"),
                                ProcessBuilder.Redirect.from(new File("/dev/null")),
                                ProcessBuilder.Redirect.DISCARD))
                .isZero();
    }

    @Test
    void aLockIsForOnePlatformAndOneTree() {
        ImageSource.Known known = find(Images.Missing.REFUSE, base, wanted(null));
        String manifest = known.image().manifest();

        assertThat(find(
                                Images.Missing.REFUSE,
                                base,
                                wanted(lock(PLATFORM, manifest, known.image().tree())))
                        .image())
                .isEqualTo(known.image());
        assertThatThrownBy(() -> find(Images.Missing.REFUSE, base, wanted(lock("linux/s390x", manifest, "0"))))
                .hasMessageContaining("the lock has no " + PLATFORM);
        assertThatThrownBy(() -> find(Images.Missing.REFUSE, base, wanted(lock(PLATFORM, manifest, "0".repeat(64)))))
                .hasMessageContaining("its tree is " + known.image().tree() + ", and the lock has 000");
    }

    /** Each is taken once, on what those before it have made. */
    @Test
    void stepsAreTakenOnceEach() {
        String first = "echo one >one; echo taken >>" + folder + "/taken";
        String second = "echo two >two; echo taken >>" + folder + "/taken";
        assertThatThrownBy(() -> find(Images.Missing.REFUSE, base, wanted(null, first, second)))
                .hasMessageContaining("its steps have not been taken yet");

        ImageSource.Known both = find(Images.Missing.FETCH, base, wanted(null, first, second));
        ImageSource.Known again = find(Images.Missing.FETCH, base, wanted(null, first, second));
        ImageSource.Known one = find(Images.Missing.REFUSE, base, wanted(null, first));

        assertThat(host.read("taken")).isEqualTo("taken\ntaken\n");
        assertThat(again.image()).isEqualTo(both.image());
        assertThat(Path.of(both.tree(), "etc/motd")).hasContent("hello");
        assertThat(Path.of(both.tree(), "one")).hasContent("one");
        assertThat(Path.of(both.tree(), "two")).hasContent("two");
        assertThat(Path.of(one.tree(), "one")).hasContent("one");
        assertThat(Path.of(one.tree(), "two")).doesNotExist();
        assertThat(folder.resolve("store/uppers")).isEmptyDirectory();
    }

    @Test
    void aStepThatFailsIsNamedWithWhatItSaidLast() {
        assertThatThrownBy(() ->
                        find(Images.Missing.FETCH, base, wanted(null, "true", "echo first; echo why >&2; exit 3")))
                .isInstanceOfSatisfying(
                        JboxException.class,
                        e -> assertThat(e.problems().get(0).place()).isEqualTo(PLACE))
                .hasMessageContaining("rootfs.steps.1: exit code 3: why");
        assertThat(folder.resolve("store/uppers")).isEmptyDirectory();
    }

    /** The names and bytes of what is changed come from another jbox. */
    @Test
    void changesAndTreesComeFromAnotherJbox() {
        host.write("upper/etc/motd", "changed\n");
        host.write("upper/a b\nc", "new");
        TreeSource source = new TreeSource(new RootfsPath(List.of(host.path("tree")), host.path("upper")), List.of());
        List<BoxChange> changes = new ArrayList<>();
        ByteArrayOutputStream patch = new ByteArrayOutputStream();
        ByteArrayOutputStream archive = new ByteArrayOutputStream();
        String tree = find(Images.Missing.REFUSE, base, wanted(null)).image().tree();

        images(Images.Missing.REFUSE).changes(source, changes::add);
        images(Images.Missing.REFUSE).patch(source, patch);
        images(Images.Missing.REFUSE).export(List.of(tree), archive);

        assertThat(changes)
                .contains(
                        new BoxChange(BoxChange.Kind.MODIFIED, "etc/motd", 8),
                        new BoxChange(BoxChange.Kind.ADDED, "a b\nc", 3));
        assertThat(patch.toString(StandardCharsets.UTF_8)).contains("-hello\n+changed\n");
        Images other = new Images(folder + "/other", host.path("home"), Images.Missing.REFUSE, Progress.NONE);
        other.store().makeFolders();
        assertThat(other.work().take(new ByteArrayInputStream(archive.toByteArray())))
                .containsExactly(tree);
        assertThat(Path.of(other.store().tree(tree), "etc/motd")).hasContent("hello");
    }

    /** The same in the process that works on trees. */
    @Test
    void theOtherJboxDoesItsWorkByWhatItIsTold() {
        host.write("upper/etc/motd", "changed\n");
        String source =
                new TreeSource(new RootfsPath(List.of(host.path("tree")), host.path("upper")), List.of()).text();
        StoreWork work = images(Images.Missing.REFUSE).work();
        ByteArrayOutputStream diff = new ByteArrayOutputStream();
        ByteArrayOutputStream patch = new ByteArrayOutputStream();
        ByteArrayOutputStream tar = new ByteArrayOutputStream();
        ByteArrayOutputStream archive = new ByteArrayOutputStream();

        work.diff(text(source), false, diff);
        work.diff(text(source), true, patch);
        work.pack(text(source), false, tar);
        work.export(
                List.of(find(Images.Missing.REFUSE, base, wanted(null)).image().tree()), archive);

        assertThat(diff.toString(StandardCharsets.UTF_8)).contains("M 8 etc/motd\0");
        assertThat(patch.toString(StandardCharsets.UTF_8)).contains("-hello\n+changed\n");
        assertThat(tar.toString(StandardCharsets.ISO_8859_1)).contains("etc/motd", "changed\n");
        assertThat(archive.size()).isPositive();
    }
}
