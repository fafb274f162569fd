package io.jbox.image;

import io.jbox.config.ImageName;
import io.jbox.config.PackageList;
import io.jbox.kernel.KernelException;
import io.jbox.number.Sha256;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.store.ImageRecord;
import io.jbox.store.Making;
import io.jbox.store.NameRecord;
import io.jbox.store.Store;
import io.jbox.store.TreeListing;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipException;

/** Fetches an image, and adds its tree to the store: all of it, or nothing. */
public final class Fetcher {
    /** Of a manifest or a configuration. */
    private static final int MOST = 4 << 20;

    private static final int BUFFER = 64 * 1024;
    private static final long MB = 1_000_000;

    private final Store store;
    private final Progress progress;

    public Fetcher(Store store, Progress progress) {
        this.store = store;
        this.progress = progress;
    }

    /**
     * Fetches an image, whether the store has it or not.
     *
     * @param platform {@code linux/amd64}
     * @throws JboxException if it cannot be had, or is bad; nothing is left of it then
     */
    public ImageRecord fetch(ImageName name, String platform) {
        try (Making making = store.make()) {
            progress.step("fetching " + name);
            String stamp = NameRecord.stamp(name);
            Skopeo.copy(name, platform, making.aside(), progress);
            byte[] manifest = read(making.aside() + "/manifest.json");
            String digest = "sha256:" + Sha256.of(manifest);
            if (name.digest() != null && !name.digest().equals(digest) && name.isLocal()) {
                throw new BadImageException("its manifest has another digest: " + digest);
            }
            return unpack(making, ImageManifest.parse(manifest), digest, name, platform, stamp);
        } catch (BadImageException e) {
            throw new JboxException(name + ": " + e.getMessage());
        } catch (ZipException e) {
            throw new JboxException(name + ": a layer cannot be decompressed: " + e.getMessage());
        } catch (EOFException e) {
            throw new JboxException(name + ": a layer ends within a file");
        } catch (IOException e) {
            throw new JboxException(name + ": " + SystemError.of(e));
        } catch (KernelException e) {
            throw new JboxException(name + ": " + e.getMessage());
        }
    }

    private ImageRecord unpack(
            Making making, ImageManifest manifest, String digest, ImageName name, String platform, String stamp)
            throws IOException, BadImageException, KernelException {
        ImageConfig config = ImageConfig.parse(checked(making, manifest.config()));
        if (!config.platform().equals(platform)) {
            throw new BadImageException("it is for " + config.platform() + ", not for " + platform);
        }
        if (config.layers().size() != manifest.layers().size()) {
            throw new BadImageException(
                    "its configuration has " + config.layers().size() + " layers, its manifest "
                            + manifest.layers().size());
        }
        long free = new File(store.folder()).getUsableSpace();
        try (TreeWriter tree = new TreeWriter(making.root())) {
            LayerUnpacker unpacker = new LayerUnpacker(tree, free);
            for (int i = 0; i < manifest.layers().size(); i++) {
                ImageManifest.Blob layer = manifest.layers().get(i);
                progress.step("unpacking layer " + (i + 1) + " of "
                        + manifest.layers().size() + " (" + (layer.size() + MB - 1) / MB + " MB)");
                try {
                    unpack(making, layer, config.layers().get(i), unpacker);
                } catch (BadImageException e) {
                    throw new BadImageException("layer " + (i + 1) + ": " + e.getMessage());
                }
            }
            tree.finish();
        }
        progress.step("checking the tree");
        ImageRecord.Run run = new ImagePrograms(making.root(), config).run();
        TreeListing.Listed listed = TreeListing.of(making.root());
        List<String> layers = new ArrayList<>();
        for (ImageManifest.Blob layer : manifest.layers()) {
            layers.add(layer.digest());
        }
        long now = System.currentTimeMillis() / 1000;
        return store.add(
                making,
                listed,
                new ImageRecord(digest, "", platform, 0, run, layers, PackageList.NONE),
                new NameRecord(name.toString(), platform, digest, stamp, now));
    }

    /** Skopeo has compared the compressed bytes with the manifest; what is in them has a digest in the configuration. */
    private static void unpack(Making making, ImageManifest.Blob layer, String diffId, LayerUnpacker unpacker)
            throws IOException, BadImageException {
        File file = new File(making.aside(), layer.hex());
        MessageDigest digest = Sha256.digest();
        try (LayerStream opened = LayerStream.open(file);
                InputStream content = new BufferedInputStream(new HashedInput(opened.content(), digest), BUFFER)) {
            unpacker.unpack(new TarReader(content));
            // What follows the archive's end belongs to the digest.
            if (content.readNBytes(MOST).length == MOST) {
                throw new BadImageException("more than " + MOST + " bytes follow the end of its archive");
            }
            opened.finish();
        }
        if (!diffId.equals("sha256:" + Sha256.finish(digest))) {
            throw new BadImageException("its content has another digest than the configuration says");
        }
    }

    private static byte[] checked(Making making, ImageManifest.Blob blob) throws IOException, BadImageException {
        byte[] bytes = read(making.aside() + "/" + blob.hex());
        if (!Sha256.of(bytes).equals(blob.hex())) {
            throw new BadImageException("its configuration has another digest than the manifest says");
        }
        return bytes;
    }

    private static byte[] read(String file) throws IOException, BadImageException {
        Path path = Path.of(file);
        if (Files.size(path) > MOST) {
            throw new BadImageException(path.getFileName() + " has more than " + MOST + " bytes");
        }
        return Files.readAllBytes(path);
    }
}
