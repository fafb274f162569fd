package io.jbox.image;

import io.jbox.config.ImageName;
import io.jbox.config.RootfsPath;
import io.jbox.json.Json;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.problem.JboxException;
import io.jbox.problem.Printable;
import io.jbox.problem.SystemError;
import io.jbox.store.ImageRecord;
import io.jbox.store.Making;
import io.jbox.store.NameRecord;
import io.jbox.store.Store;
import io.jbox.store.TreeListing;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A tar archive that transfers trees with their records from one store to another.
 *
 * <pre>
 * jbox-store              {"version": 1}
 * images/MANIFEST.json    {@link ImageRecord}, before its tree
 * names/HASH.json         {@link NameRecord}, before its tree
 * trees/HASH/…            the tree
 * </pre>
 */
public final class StoreArchive {
    private static final String FORMAT = "jbox-store";
    private static final long VERSION = 1;
    private static final String TREES = "trees/";
    private static final int BUFFER = 256 * 1024;
    /** Of a record. */
    private static final int MOST = 1 << 20;
    /** Of all records that are not used yet. */
    private static final int MOST_WAITING = 16 << 20;

    private final Kernel kernel;
    private final Store store;

    public StoreArchive(Kernel kernel, Store store) {
        this.kernel = kernel;
        this.store = store;
    }

    /**
     * Writes trees; the same bytes for the same trees, images and names.
     *
     * @param hashes of trees that are in the store
     */
    public void write(List<String> hashes, OutputStream out) {
        try (Fd kept = store.keep();
                OutputStream buffered = new BufferedOutputStream(out, BUFFER)) {
            TarWriter tar = new TarWriter(buffered);
            tar.add(FORMAT, Json.write(Map.of("version", VERSION)));
            for (String hash : hashes) {
                for (ImageRecord image : store.records().images()) {
                    if (image.tree().equals(hash)) {
                        writeRecords(tar, image);
                    }
                }
                RootfsPath tree = new RootfsPath(List.of(), store.tree(hash));
                try (LayeredTree files = new TreeSource(tree, List.of()).open(kernel, true)) {
                    tar.add(new MovedArchive(files, TREES + hash));
                }
            }
            tar.finish();
        } catch (BadImageException | KernelException e) {
            throw new JboxException(store.folder() + ": " + e.getMessage());
        } catch (IOException e) {
            throw new JboxException("the archive: " + SystemError.of(e));
        }
    }

    private void writeRecords(TarWriter tar, ImageRecord image) throws IOException {
        tar.add("images/" + new File(store.records().imageFile(image.manifest())).getName(), image.text());
        for (NameRecord name : store.records().names()) {
            if (name.manifest().equals(image.manifest()) && !ImageName.isOfSteps(name.name())) {
                tar.add(
                        "names/" + new File(store.records().nameFile(name.name(), name.platform())).getName(),
                        name.text());
            }
        }
    }

    /**
     * Adds the trees of an archive. Each is compared with its hash; the claim that an image has this tree and this name
     * is trusted.
     *
     * @return the hashes
     * @throws JboxException if the archive is damaged; trees before the damage are added
     */
    public List<String> read(InputStream in) {
        List<String> hashes = new ArrayList<>();
        try (InputStream buffered = new BufferedInputStream(in, BUFFER)) {
            ArchivePart parts = new ArchivePart(new TarReader(buffered));
            requireFormat(parts);
            Records records = new Records();
            for (TarEntry entry = parts.peek(); entry != null; entry = parts.peek()) {
                if (entry.name().startsWith(TREES)) {
                    hashes.add(readTree(parts, entry.name(), records));
                } else {
                    records.add(entry.name(), content(parts));
                }
            }
            if (hashes.isEmpty()) {
                throw new BadImageException("has no tree in it");
            }
        } catch (BadImageException | KernelException e) {
            throw new JboxException("the archive: " + e.getMessage());
        } catch (IOException e) {
            throw new JboxException("the archive: " + SystemError.of(e));
        }
        return hashes;
    }

    private static void requireFormat(ArchivePart parts) throws IOException, BadImageException {
        TarEntry first = parts.peek();
        if (first == null || !first.name().equals(FORMAT)) {
            throw new BadImageException("is not one of jbox store export");
        }
        if (!(ImageManifest.read(content(parts), FORMAT) instanceof Map<?, ?> format)
                || !Long.valueOf(VERSION).equals(format.get("version"))) {
            throw new BadImageException("is one of a later jbox");
        }
    }

    /** Records of images and names that were read before their trees. */
    private static final class Records {
        private final Map<String, ImageRecord> images = new LinkedHashMap<>();
        private final Map<String, NameRecord> names = new LinkedHashMap<>();
        private long bytes;

        void add(String file, byte[] content) throws BadImageException {
            bytes += content.length;
            if (bytes > MOST_WAITING) {
                throw new BadImageException("has more than " + MOST_WAITING + " bytes of records before a tree");
            }
            String text = new String(content, StandardCharsets.UTF_8);
            ImageRecord image = file.startsWith("images/") ? ImageRecord.parse(text) : null;
            NameRecord name = file.startsWith("names/") ? NameRecord.parse(text) : null;
            if (image != null) {
                images.put(image.manifest(), image);
            } else if (name != null) {
                names.put(name.platform() + " " + name.name(), name);
            } else {
                throw new BadImageException(
                        "\"" + Printable.of(file) + "\" is damaged, or does not belong in such an archive");
            }
        }

        /** Adds a tree under all of its names. */
        boolean publish(Store store, Making making, TreeListing.Listed listed) throws BadImageException {
            boolean known = false;
            for (NameRecord name : names.values()) {
                ImageRecord image = images.get(name.manifest());
                // Images made by steps are not accepted from an archive: no lock can confirm them.
                if (image != null && image.tree().equals(listed.hash()) && !ImageName.isOfSteps(name.name())) {
                    requireNoOther(store, image, name);
                    store.add(making, listed, image, name);
                    known = true;
                }
            }
            images.clear();
            names.clear();
            bytes = 0;
            return known;
        }
    }

    /** An archive must not redefine an image that the store already knows. */
    private static void requireNoOther(Store store, ImageRecord image, NameRecord name) throws BadImageException {
        ImageRecord here = store.find(image.manifest());
        if (here != null && !here.tree().equals(image.tree())) {
            throw new BadImageException(Printable.of(name.name()) + " has another tree in this store, " + here.tree()
                    + "; \"jbox store gc -a\" removes it where no box uses it");
        }
    }

    /** The content of the file that comes next. */
    private static byte[] content(ArchivePart parts) throws IOException, BadImageException {
        TarEntry entry = parts.next();
        if (entry == null || entry.type() != TarEntry.Type.FILE || entry.size() > MOST) {
            throw new BadImageException("has something else than files of at most " + MOST + " bytes before its trees");
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] piece = parts.read(MOST); piece.length > 0; piece = parts.read(MOST)) {
            all.writeBytes(piece);
        }
        return all.toByteArray();
    }

    private String readTree(ArchivePart parts, String file, Records records)
            throws IOException, BadImageException, KernelException {
        int slash = file.indexOf('/', TREES.length());
        String hash = file.substring(TREES.length(), slash < 0 ? file.length() : slash);
        try (Making making = store.make()) {
            try (TreeWriter writer = new TreeWriter(making.root())) {
                Archive tree = parts.below(TREES + hash);
                new LayerUnpacker(writer, new File(store.folder()).getUsableSpace()).unpack(tree);
                writer.finish();
            }
            TreeListing.Listed listed = TreeListing.of(making.root());
            if (!listed.hash().equals(hash)) {
                throw new BadImageException(
                        "tree " + Printable.of(hash) + " is damaged: its content has the hash " + listed.hash());
            }
            if (!records.publish(store, making, listed)) {
                throw new BadImageException("tree " + hash + " belongs to no image with a name");
            }
        }
        return hash;
    }
}
