package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.config.RootfsPath;
import io.jbox.image.TreeSource;
import io.jbox.kernel.KernelException;
import io.jbox.problem.JboxException;
import io.jbox.store.ImageRecord;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A box's root file system. Every method throws {@link JboxException} where it cannot do what its name says. */
public final class BoxFiles {
    private final BoxRegistry registry;
    private final String name;
    private final Supplier<Config> config;

    /** @param config reads the box's configuration */
    public BoxFiles(BoxRegistry registry, String name, Supplier<Config> config) {
        this.registry = registry;
        this.name = name;
        this.config = config;
    }

    /** The files of a box that was started with settings that differ from its file. */
    public BoxFiles of(Config loaded) {
        return new BoxFiles(registry, name, () -> loaded);
    }

    /** Removes the box's own files, which lie over its image or overlay. */
    public void reset() {
        new Resetter(registry).reset(config.get());
    }

    /**
     * Reports what the box has changed over the layers below its own.
     *
     * @param changes receives each change, folder by folder
     */
    public void changes(Consumer<BoxChange> changes) {
        Config read = layered();
        RootfsPath rootfs = read.rootfs().path().get();
        if (isUntouched(rootfs)) {
            return;
        }
        if (!Images.isOwner()) {
            Images.of(registry.settings(), read).changes(new TreeSource(rootfs, List.of()), changes);
            return;
        }
        try (BoxDiff diff = new BoxDiff(registry.kernel(), rootfs, changes)) {
            diff.run();
        } catch (KernelException e) {
            throw e.about(name + ": " + rootfs.path());
        }
    }

    /**
     * The same for text files, line by line, as patch(1) takes it with -p1.
     *
     * @param out not closed
     */
    public void patch(OutputStream out) {
        Config read = layered();
        TreeSource source = new TreeSource(read.rootfs().path().get(), List.of());
        if (isUntouched(source.rootfs())) {
            return;
        }
        if (Images.isOwner()) {
            BoxPatch.write(registry.kernel(), source.rootfs(), out);
        } else {
            Images.of(registry.settings(), read).patch(source, out);
        }
    }

    /** Whether the box has not been started since its files were made or removed. */
    private static boolean isUntouched(RootfsPath rootfs) {
        return !Files.exists(Path.of(rootfs.path()), LinkOption.NOFOLLOW_LINKS);
    }

    private Config layered() {
        Config read = config.get();
        if (!read.rootfs().path().get().isOverlay()) {
            throw new JboxException(
                    name
                            + ": its root file system is neither an image nor an overlay, so there is nothing to compare it with");
        }
        return read;
    }

    /**
     * Adds it to the store, as an image that configurations name {@code store:NAME}. The box must not run, or be frozen.
     *
     * @param image NAME
     */
    public ImageRecord commit(String image) {
        return new Exporter(registry).commit(config.get(), image);
    }

    /** Writes it as a tar archive; a file that is there is replaced. The box must not run, or be frozen. */
    public void exportTar(Path file) {
        new Exporter(registry).tar(config.get(), file);
    }

    /**
     * The same to a stream.
     *
     * @param out not closed
     */
    public void exportTar(OutputStream out) {
        new Exporter(registry).tar(config.get(), out);
    }

    /**
     * Writes it as an OCI image of one layer, to a folder that is not there yet. The box must not run, or be frozen.
     *
     * @param tag what the image is called there
     * @return the digest of its manifest
     */
    public String exportOci(Path folder, String tag) {
        return new Exporter(registry).oci(config.get(), folder, tag);
    }
}
