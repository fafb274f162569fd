package io.jbox.life;

import io.jbox.config.ImageName;
import io.jbox.image.CommitRequest;
import io.jbox.image.StoreArchive;
import io.jbox.image.TreePacker;
import io.jbox.image.TreeSource;
import io.jbox.image.UnpackRequest;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.NativeKernel;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.store.Store;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The work of a {@link StoreProgram} on trees, in a process that may change them. Parameters come on standard input.
 */
public final class StoreWork {
    /** The most bytes read from standard input. */
    private static final int MOST = 16 << 20;

    private final Kernel kernel = NativeKernel.open();
    private final Store store;

    StoreWork(Store store) {
        this.store = store;
    }

    /** Writes trees as one archive. */
    public void export(List<String> hashes, OutputStream out) {
        new StoreArchive(kernel, store).write(hashes, out);
    }

    /**
     * Adds the trees in such an archive to the store.
     *
     * @return their hashes
     */
    public List<String> take(InputStream in) {
        return new StoreArchive(kernel, store).read(in);
    }

    /** Writes a root file system as a tar archive. */
    public void pack(InputStream in, boolean forImage, OutputStream out) {
        new TreePacker(kernel).pack(TreeSource.parse(text(in)), forImage, out);
    }

    /** Makes an image from an archive of a root file system. */
    public void unpack(InputStream in, ImageName name, String platform) {
        UnpackRequest.unpack(in, store, name, platform);
    }

    /** Makes an image of a root file system. */
    public void commit(InputStream in, ImageName name, String platform) {
        CommitRequest request = CommitRequest.parse(text(in));
        new TreePacker(kernel).commit(request, store, name, platform);
    }

    /**
     * Writes what a box has changed.
     *
     * @param patch whether line by line, as diff(1) does
     */
    public void diff(InputStream in, boolean patch, OutputStream out) {
        TreeSource source = TreeSource.parse(text(in));
        if (patch) {
            BoxPatch.write(kernel, source.rootfs(), out);
            return;
        }
        try (BoxDiff diff = new BoxDiff(kernel, source.rootfs(), change -> write(out, change))) {
            diff.run();
        } catch (KernelException e) {
            throw e.about(source.rootfs().path());
        }
    }

    private static void write(OutputStream out, BoxChange change) {
        try {
            out.write(change.line());
        } catch (IOException e) {
            throw new JboxException("standard output: " + SystemError.of(e));
        }
    }

    private static String text(InputStream in) {
        try {
            return new String(in.readNBytes(MOST), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new JboxException("standard input: " + SystemError.of(e));
        }
    }
}
