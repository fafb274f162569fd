package io.jbox.life;

import io.jbox.config.BadValueException;
import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.ImageName;
import io.jbox.config.RootfsPath;
import io.jbox.config.Value;
import io.jbox.host.FileTree;
import io.jbox.image.OciFolder;
import io.jbox.image.TreeSource;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.problem.SystemError;
import io.jbox.store.ImageRecord;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** Makes images and archives of boxes' root file systems, as the boxes see them. */
public final class Exporter {
    private final BoxRegistry registry;

    public Exporter(BoxRegistry registry) {
        this.registry = registry;
    }

    /**
     * Adds a box's root file system to the store, as an image.
     *
     * @param name that configurations write after {@code store:}
     * @throws JboxException if it runs and is not frozen; the store is as it was then
     */
    public ImageRecord commit(Config config, String name) {
        ImageName image = name(name);
        try (StillBox still = StillBox.hold(registry, config, true)) {
            return Images.of(registry.settings(), config).commit(source(config), image, platform(config), run(config));
        }
    }

    private static ImageName name(String name) {
        try {
            return ImageName.parse("store:" + name);
        } catch (BadValueException e) {
            throw new JboxException(new Problem("image \"" + name + "\" " + e.getMessage(), null, e.hint()));
        }
    }

    /**
     * Writes a box's root file system as a tar archive.
     *
     * @param out not closed
     * @throws JboxException if it runs and is not frozen
     */
    public void tar(Config config, OutputStream out) {
        try (StillBox still = StillBox.hold(registry, config, true)) {
            Images.of(registry.settings(), config).pack(source(config), false, archive -> archive.transferTo(out));
        }
    }

    /** The same to a file. */
    public void tar(Config config, Path file) {
        WholeFile.write(file, out -> tar(config, out));
    }

    /**
     * Writes a box's root file system as an OCI image of one layer. The folder appears as a whole or not at all.
     *
     * @param tag the image's name in that folder
     * @return the digest of its manifest
     */
    public String oci(Config config, Path folder, String tag) {
        if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            throw exists(folder);
        }
        Path whole = folder.toAbsolutePath().normalize();
        Path aside = whole.resolveSibling(
                whole.getFileName() + "." + ProcessHandle.current().pid() + ".new");
        List<String> digest = new ArrayList<>();
        boolean made = false;
        try (StillBox still = StillBox.hold(registry, config, true)) {
            Files.createDirectory(
                    aside, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            made = true;
            OciFolder oci = new OciFolder(aside);
            Images.of(registry.settings(), config)
                    .pack(
                            source(config),
                            true,
                            layer -> digest.add(oci.write(layer, tag, platform(config), run(config))));
            Files.move(aside, whole);
            made = false;
        } catch (FileAlreadyExistsException e) {
            if (!e.getFile().equals(whole.toString())) {
                throw new JboxException(aside + ": exists already", "remove it: an export that was killed has left it");
            }
            throw exists(folder);
        } catch (IOException e) {
            throw new JboxException(folder + ": " + SystemError.of(e));
        } finally {
            if (made) {
                FileTree.remove(aside);
            }
        }
        return digest.get(0);
    }

    private static JboxException exists(Path folder) {
        return new JboxException(folder + ": exists already", "the image gets a folder of its own");
    }

    private static String platform(Config config) {
        return Images.platform(
                config.init().arch() == null ? "" : config.init().arch().get());
    }

    /** @throws JboxException if the root file system is not the box's own, or another box may be changing it */
    private TreeSource source(Config config) {
        String name = config.name().get();
        RootfsPath rootfs = config.rootfs().path().get();
        if (rootfs.path().equals("/")) {
            throw new JboxException(new Problem(
                    name + ": its root file system is the host's",
                    config.rootfs().path().place()));
        }
        if (!Files.isDirectory(Path.of(rootfs.path()))) {
            throw new JboxException(
                    name + ": has no files of its own yet: " + rootfs.path() + " is not there",
                    "jbox start " + name + " makes them");
        }
        if (!rootfs.isOverlay()) {
            TreeUsers.User user = new TreeUsers(registry).find(rootfs.path(), name);
            if (user != null && user.runs()) {
                throw new JboxException(name + ": " + user.describe(), "jbox stop " + user.box());
            }
        }
        List<IdMapping> ids = new ArrayList<>();
        if (config.shifts()) {
            for (Value<IdMapping> mapping : config.namespaces().idmap()) {
                ids.add(
                        mapping.get().equals(IdMapping.AUTO)
                                ? registry.ids().look(name).get(0)
                                : mapping.get());
            }
        }
        return new TreeSource(rootfs, ids);
    }

    private static ImageRecord.Run run(Config config) {
        List<String> command = new ArrayList<>();
        // The init of a dev box only waits for sessions.
        if (config.dev() == null) {
            for (Value<String> word : config.init().cmd()) {
                command.add(word.get());
            }
        } else {
            command.add("/bin/sh");
        }
        List<String> environment = new ArrayList<>();
        for (Value<String> variable : config.init().environment()) {
            environment.add(variable.get());
        }
        List<Long> groups = new ArrayList<>();
        for (Value<Long> group : config.init().groups()) {
            groups.add(group.get());
        }
        return new ImageRecord.Run(
                command,
                environment,
                config.init().uid().get(),
                config.init().gid().get(),
                groups,
                config.init().cwd().get());
    }
}
