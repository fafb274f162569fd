package io.jbox.image;

import io.jbox.config.ImageName;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.store.ImageRecord;
import io.jbox.store.Making;
import io.jbox.store.NameRecord;
import io.jbox.store.Store;
import io.jbox.store.TreeListing;
import java.io.BufferedOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;

/** Makes archives and images of boxes' root file systems. */
public final class TreePacker {
    private static final int BUFFER = 256 * 1024;

    private final Kernel kernel;

    public TreePacker(Kernel kernel) {
        this.kernel = kernel;
    }

    /**
     * Writes a root file system as a tar archive.
     *
     * @param forImage whether it is to be a layer of an image
     */
    public void pack(TreeSource source, boolean forImage, OutputStream out) {
        try (LayeredTree tree = source.open(kernel, forImage);
                OutputStream buffered = new BufferedOutputStream(out, BUFFER)) {
            TarWriter tar = new TarWriter(buffered);
            tar.add(tree);
            tar.finish();
        } catch (BadImageException | KernelException e) {
            throw new JboxException(source.rootfs().path() + ": " + e.getMessage());
        } catch (IOException e) {
            throw new JboxException("the archive: " + SystemError.of(e));
        }
    }

    /** Adds a root file system to a store, as an image of its own. */
    public ImageRecord commit(CommitRequest request, Store store, ImageName name, String platform) {
        TreeSource source = request.source();
        try (Making making = store.make();
                LayeredTree tree = source.open(kernel, true)) {
            try (TreeWriter writer = new TreeWriter(making.root())) {
                new LayerUnpacker(writer, new File(store.folder()).getUsableSpace()).unpack(tree);
                writer.finish();
            }
            TreeListing.Listed listed = TreeListing.of(making.root());
            ImageRecord image =
                    ImageRecord.ofTree(listed.hash(), platform, listed.bytes(), request.run(), request.manifest());
            long now = System.currentTimeMillis() / 1000;
            return store.add(
                    making, listed, image, new NameRecord(name.toString(), platform, image.manifest(), "", now));
        } catch (BadImageException | KernelException e) {
            throw new JboxException(source.rootfs().path() + ": " + e.getMessage());
        } catch (IOException e) {
            throw new JboxException(source.rootfs().path() + ": " + SystemError.of(e));
        }
    }
}
