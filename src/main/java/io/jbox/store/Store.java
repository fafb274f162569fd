package io.jbox.store;

import io.jbox.config.Config;
import io.jbox.config.ImageName;
import io.jbox.config.Pin;
import io.jbox.host.FileTree;
import io.jbox.kernel.Fd;
import io.jbox.kernel.FileLocks;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.NodeCalls;
import io.jbox.kernel.PathCalls;
import io.jbox.number.Sha256;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.state.FileLock;
import io.jbox.state.ReplacedFile;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Errno;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A folder of trees and records of images.
 *
 * <pre>
 * trees/HASH/root, listing   a tree and its listing; never changed
 * images/MANIFEST.json       {@link ImageRecord}
 * names/HASH.json            {@link NameRecord}
 * users/HASH                 a link to the {@link Pin} of a box
 * making/                    unfinished trees, each locked by its maker
 * uppers/                    the files of boxes that end with their command
 * lock                       held while something is added (shared), or begun or removed
 * </pre>
 *
 * <p>Only its owner can enter it: trees contain programs that run with their owner's rights.
 */
public final class Store {
    /** The folder of packages that Debian root file systems are made of, each called by its SHA-256. */
    public static final String PACKAGES = "packages";

    private final Kernel kernel;
    private final String folder;
    private final StoreRecords records;

    public Store(Kernel kernel, String folder) {
        this.kernel = kernel;
        this.folder = folder;
        this.records = new StoreRecords(folder);
    }

    /** The store that a box's image is in. */
    public static Store of(Kernel kernel, Config.Image image) {
        return new Store(
                kernel, Path.of(image.userLink()).resolve("../..").normalize().toString());
    }

    public String folder() {
        return folder;
    }

    /** The records of images. */
    public StoreRecords records() {
        return records;
    }

    Kernel kernel() {
        return kernel;
    }

    /** The root of a tree, which need not exist. */
    public String tree(String hash) {
        return folder + "/trees/" + hash + "/root";
    }

    /** The path of the link to a box's pin. */
    public String userLink(String upper) {
        return folder + "/users/" + hash(Pin.file(upper));
    }

    /**
     * Notes that a box uses the tree that its pin names. The caller keeps {@link #keep} open, since the pin may not
     * exist yet.
     *
     * @return the link
     */
    public Path noteUser(String upper) {
        Path link = Path.of(userLink(upper));
        try {
            Files.deleteIfExists(link);
            return Files.createSymbolicLink(link, Path.of(Pin.file(upper)));
        } catch (IOException e) {
            throw new JboxException(link + ": " + SystemError.of(e));
        }
    }

    static String hash(String text) {
        return Sha256.of(text);
    }

    /**
     * The image that a box has, or will get at its start.
     *
     * @param upper of the box
     * @param strict whether it is an error that the box's files lie over another image, or over none
     * @return null if it is not in the store, or its source has changed
     */
    public @Nullable ImageRecord find(ImageName name, String platform, String upper, boolean strict) {
        Pin pin = pin(upper);
        if (pin == null) {
            if (strict && hasFiles(upper)) {
                throw new JboxException(
                        upper + " contains files that were not made on top of an image",
                        "choose another rootfs.path, or delete these files with \"jbox reset\"");
            }
            return find(name, platform);
        }
        if (strict && !pin.name().equals(name.toString())) {
            throw new JboxException(
                    "the box's files lie over another image: " + pin.name(),
                    "\"jbox reset\" removes the box's own files, so that it starts again from this one");
        }
        ImageRecord image = records.image(pin.manifest());
        return image != null && image.tree().equals(pin.tree()) && isThere(pin.tree()) ? image : null;
    }

    /**
     * An image by its manifest.
     *
     * @param name that it was fetched by, or another one of the same repository or file
     * @return null if it is not in the store, or was fetched from elsewhere
     */
    public @Nullable ImageRecord findLocked(ImageName name, String platform, String manifest) {
        return findName(name, platform, manifest) == null ? null : find(manifest);
    }

    /** A name that a manifest was fetched by, which is that name or another one of the same repository or file. */
    private @Nullable NameRecord findName(ImageName name, String platform, String manifest) {
        for (NameRecord known : records.names()) {
            if (known.manifest().equals(manifest)
                    && known.platform().equals(platform)
                    && name.isOfSameOrigin(known.name())) {
                return known;
            }
        }
        return null;
    }

    /**
     * The files that say that a box has its image: once it has files of its own, no name is asked for but that of a lock.
     *
     * @param upper of the box, which lies over the image
     * @return null if they do not: its files lie over an image of another name, or the lock's has another name now
     */
    public @Nullable List<String> filesOf(ImageRecord image, ImageName name, String upper, boolean locked) {
        Pin pin = pin(upper);
        if (pin == null || !locked && !pin.name().equals(name.toString())) {
            return null;
        }
        List<String> files = new ArrayList<>(List.of(Pin.file(upper), records.imageFile(image.manifest())));
        if (locked) {
            NameRecord fetched = findName(name, image.platform(), image.manifest());
            if (fetched == null) {
                return null;
            }
            files.add(records.nameFile(fetched.name(), fetched.platform()));
        }
        return files;
    }

    /** The image that a name stands for; null if it is not there. */
    public @Nullable ImageRecord find(NameRecord name) {
        return find(name.manifest());
    }

    /** The image that a manifest stands for; null if it is not there. */
    public @Nullable ImageRecord find(String manifest) {
        ImageRecord image = records.image(manifest);
        return image != null && isThere(image.tree()) ? image : null;
    }

    /** The same, for an image that another process has just added. */
    public ImageRecord made(String manifest, ImageName name) {
        ImageRecord image = find(manifest);
        if (image == null) {
            throw new JboxException(name + " was made, and is not in the store " + folder);
        }
        return image;
    }

    /**
     * Checks that a box's files, if there are any, lie over a tree.
     *
     * @param strict whether it is an error if they do not
     */
    public void requireFilesOver(String upper, String tree, boolean strict) {
        Pin pin = pin(upper);
        boolean other = pin == null ? hasFiles(upper) : !pin.tree().equals(tree);
        if (strict && other) {
            throw new JboxException(
                    "the box's files lie over another tree than the lock's",
                    "\"jbox reset\" removes the box's own files, so that it starts again from the lock's tree");
        }
    }

    private static boolean hasFiles(String folder) {
        String[] names = new File(folder).list();
        return names != null && names.length > 0;
    }

    /** The tree below an upper folder; null if the folder was never used, or the pin is incomplete. */
    public @Nullable Pin pin(String upper) {
        Path file = Path.of(Pin.file(upper));
        boolean there = new File(upper).exists() && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
        String text = there ? StoreRecords.read(file.toString()) : null;
        return text == null ? null : Pin.parse(text);
    }

    /** The image that a name means; null if it is not in the store, or its source has changed. */
    public @Nullable ImageRecord find(ImageName name, String platform) {
        NameRecord record = records.name(name, platform);
        String stamp = NameRecord.stamp(name);
        if (record == null
                || name.isLocal() && (stamp.isEmpty() || !record.stamp().equals(stamp))) {
            return null;
        }
        return find(record.manifest());
    }

    private boolean isThere(String tree) {
        return new File(tree(tree)).isDirectory();
    }

    /** The hashes of all trees, sorted. */
    public List<String> trees() {
        return records.list("trees");
    }

    /** Begins a tree. */
    public Making make() {
        makeFolders();
        return new Making(kernel, folder);
    }

    /** Makes missing folders of the store, owned by the caller. */
    public void makeFolders() {
        try {
            Files.createDirectories(Path.of(folder).getParent());
        } catch (IOException e) {
            throw new JboxException(folder + ": " + SystemError.of(e));
        }
        for (String name : List.of("", "/trees", "/images", "/names", "/users", "/making", "/uppers")) {
            try {
                PathCalls.makeFolder(kernel, folder + name, 0700);
            } catch (KernelException e) {
                if (!e.is(Errno.EEXIST)) {
                    throw e.about(folder + name);
                }
            }
        }
    }

    /**
     * Adds a tree with its image and the image's name.
     *
     * @param listed the listing of the tree
     * @param fetched without the tree's hash
     */
    public ImageRecord add(Making making, TreeListing.Listed listed, ImageRecord fetched, NameRecord name) {
        String tree = listed.hash();
        ImageRecord image = new ImageRecord(
                fetched.manifest(),
                tree,
                fetched.platform(),
                listed.bytes(),
                fetched.run(),
                fetched.layers(),
                fetched.packages());
        try (Fd lock = keep()) {
            if (!isThere(tree)) {
                replace(making.path() + "/listing", listed.text());
                if (Files.exists(Path.of(making.aside()))) {
                    FileTree.remove(Path.of(making.aside()));
                }
                publish(making.path(), tree);
            }
            replace(records.imageFile(image.manifest()), image.text());
            replace(records.nameFile(name.name(), name.platform()), name.text());
        } catch (KernelException e) {
            throw e.about(folder);
        }
        return image;
    }

    /** Prevents removals while it is open. */
    public Fd keep() throws KernelException {
        Fd lock = FileLock.open(kernel, folder + "/lock");
        try {
            FileLocks.share(lock);
            return lock;
        } catch (KernelException e) {
            lock.close();
            throw e;
        }
    }

    /** Removes a name; its tree stays until it is unused and collected. */
    public boolean forget(String name, String platform) {
        try (Fd lock = keep()) {
            return Files.deleteIfExists(Path.of(records.nameFile(name, platform)));
        } catch (IOException e) {
            throw new JboxException(records.nameFile(name, platform) + ": " + SystemError.of(e));
        } catch (KernelException e) {
            throw e.about(folder);
        }
    }

    private void publish(String path, String tree) throws KernelException {
        try (Fd here = PathCalls.open(kernel, folder, Constants.O_PATH)) {
            NodeCalls.rename(here, path.substring(folder.length() + 1), here, "trees/" + tree);
        } catch (KernelException e) {
            // Another process has made the same one.
            if (!e.is(Errno.EEXIST)) {
                throw e;
            }
        }
    }

    private void replace(String file, String text) {
        ReplacedFile.writeReadable(kernel, file + ".new", file, text.getBytes(StandardCharsets.UTF_8));
    }
}
