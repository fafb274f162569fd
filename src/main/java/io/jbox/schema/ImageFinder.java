package io.jbox.schema;

import io.jbox.config.BoxFolders;
import io.jbox.config.DebianRecipe;
import io.jbox.config.IdMapping;
import io.jbox.config.ImageLock;
import io.jbox.config.ImageName;
import io.jbox.config.PackageList;
import io.jbox.config.RootfsPath;
import io.jbox.config.TreeSteps;
import io.jbox.config.Value;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.problem.Source;
import io.jbox.yaml.SourceReader;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the image of one configuration, with the lock beside that. */
final class ImageFinder {
    private static final String TEMPLATE = "rootfs.template";

    private final BoxFolders folders;
    private final ImageSource images;
    private final ReadFiles files;
    private final Locks locks;
    private final Section section;
    private final String path;

    /**
     * @param files receives the files that are read
     * @param section the configuration
     * @param path its file
     */
    ImageFinder(BoxFolders folders, ImageSource images, ReadFiles files, Locks locks, Section section, String path) {
        this.folders = folders;
        this.images = images;
        this.files = files;
        this.locks = locks;
        this.section = section;
        this.path = path;
    }

    /** The locked image for a template; null if there is no lock, or the folder exists already. */
    ImageSource.@Nullable Known findTemplate(Value<String> template) {
        Value<RootfsPath> own = section.section(Keys.ROOTFS).find(Keys.ROOTFS_PATH);
        RootfsPath rootfs = own == null
                ? new RootfsPath(List.of(), folders.rootfs(BoxNames.of(section, path)))
                : ConfigPaths.absolute(own.get(), own.place(), folders::rootfs);
        String folder = rootfs.isOverlay() ? rootfs.lowers().get(0) : rootfs.path();
        Value<ImageName> name = new Value<>(ImageName.of(DebianRecipe.busybox()), template.place());
        boolean made = locks != Locks.WRITTEN && new File(folder).exists();
        if (made && locks != Locks.REQUIRED) {
            return null;
        }
        ImageLock lock = lock(name, TEMPLATE);
        if (made) {
            return null;
        }
        Value<String> arch = section.find(Keys.ARCH);
        return lock == null && locks != Locks.WRITTEN
                ? null
                : images.find(
                        name,
                        arch == null ? "" : arch.get(),
                        new ImageSource.Wanted(folder, List.of(), lock, new TreeSteps(List.of(), false)));
    }

    /**
     * Finds the configured image.
     *
     * @param ids that the box must have; empty for its usual ids
     */
    ImageSource.@Nullable Known find(Value<ImageName> written, List<IdMapping> ids) {
        Section rootfs = section.section(Keys.ROOTFS);
        ImageName name = written.get();
        Value<ImageName> found = new Value<>(
                name.isLocal()
                        ? name.at(Path.of(ConfigPaths.absolute(name.where(), written.place()))
                                .normalize()
                                .toString())
                        : name,
                written.place());
        Value<RootfsPath> own = rootfs.find(Keys.ROOTFS_PATH);
        String upper = own == null
                ? folders.rootfs(BoxNames.of(section, path))
                : ConfigPaths.absolute(own.get(), own.place(), folders::rootfs).path();
        Value<String> arch = section.find(Keys.ARCH);
        Value<String> network = rootfs.find(Keys.ROOTFS_NETWORK);
        return images.find(
                found,
                arch == null ? "" : arch.get(),
                new ImageSource.Wanted(
                        upper,
                        ids,
                        lock(found, rootfs.find(Keys.ROOTFS_TEMPLATE) == null ? name.key() : TEMPLATE),
                        new TreeSteps(
                                rootfs.list(Keys.ROOTFS_STEPS),
                                network != null && network.get().equals("outgoing"))));
    }

    /**
     * The image at the time of the lock; null if it is not locked.
     *
     * @param key that the image is written under
     */
    private @Nullable ImageLock lock(Value<ImageName> image, String key) {
        String file = LockFile.of(path);
        if (locks == Locks.IGNORED || locks == Locks.WRITTEN) {
            return null;
        }
        if (!Files.exists(Path.of(file), LinkOption.NOFOLLOW_LINKS)) {
            if (locks == Locks.REQUIRED) {
                throw new JboxException(new Problem(key + ": there is no " + file, image.place(), "jbox lock " + path));
            }
            files.addAbsent(file);
            return null;
        }
        files.addOwn(List.of(file));
        Source source = SourceReader.readNoLink(file, image.place());
        files.add(file, source.text());
        ImageLock lock = LockFile.parse(source);
        if (!lock.name().equals(LockFile.nameOf(image.get(), path))) {
            throw new JboxException(new Problem(
                    key + ": " + file + " is for another image, " + lock.name(), image.place(), "jbox lock " + path));
        }
        requirePackages(lock, image, file);
        return lock;
    }

    /** Names a package that is missing: otherwise a shortened lock would only show as a different tree. */
    private void requirePackages(ImageLock lock, Value<ImageName> image, String file) {
        for (ImageLock.Platform platform : image.get().isDebian() ? lock.platforms() : List.<ImageLock.Platform>of()) {
            for (String wanted : image.get().recipe().packages()) {
                boolean locked = false;
                for (PackageList.Package one : platform.packages().packages()) {
                    locked |= one.name().equals(wanted);
                }
                if (!locked) {
                    throw new JboxException(new Problem(
                            "rootfs.debian: " + file + " lacks the package " + wanted + " for " + platform.name(),
                            image.place(),
                            "jbox lock --update " + path));
                }
            }
        }
    }
}
