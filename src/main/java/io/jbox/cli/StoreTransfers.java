package io.jbox.cli;

import io.jbox.config.ImageLock;
import io.jbox.config.ImageName;
import io.jbox.life.Images;
import io.jbox.life.WholeFile;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.schema.LockFile;
import io.jbox.store.ImageRecord;
import io.jbox.store.NameRecord;
import io.jbox.store.Store;
import io.jbox.terminal.Terminal;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The archives of {@code jbox store}. */
final class StoreTransfers {
    static final ProcessBuilder.Redirect NO_INPUT = ProcessBuilder.Redirect.from(new File("/dev/null"));

    private final Images images;
    private final Surroundings surroundings;

    StoreTransfers(Images images, Surroundings surroundings) {
        this.images = images;
        this.surroundings = surroundings;
    }

    /**
     * Writes trees to an archive.
     *
     * @param wanted names of images, paths of locks, or beginnings of trees' hashes
     * @param file null for standard output
     */
    void export(List<String> wanted, @Nullable String file) {
        List<String> hashes = hashes(wanted);
        if (file == null && Terminal.ofOutput().exists()) {
            throw new JboxException("the archive is not for a terminal", "-o FILE, or > FILE");
        }
        if (file == null) {
            export(hashes, surroundings.out());
        } else {
            WholeFile.write(Path.of(file), out -> export(hashes, out));
        }
    }

    private void export(List<String> hashes, OutputStream out) {
        if (Images.isOwner()) {
            images.work().export(hashes, out);
        } else {
            images.export(hashes, out);
        }
    }

    /** The trees that are meant, each once. */
    private List<String> hashes(List<String> wanted) {
        List<String> hashes = new ArrayList<>();
        Store store = images.store();
        for (String word : wanted) {
            for (String hash : word.endsWith(".lock") ? locked(store, word) : named(store, word)) {
                if (!hashes.contains(hash)) {
                    hashes.add(hash);
                }
            }
        }
        return hashes;
    }

    private static List<String> locked(Store store, String path) {
        ImageLock lock = LockFile.read(path);
        if (lock == null) {
            throw new JboxException(path + ": there is no such file");
        }
        List<String> trees = new ArrayList<>();
        for (ImageLock.Platform platform : lock.platforms()) {
            if (!store.trees().contains(platform.tree())) {
                throw new JboxException(
                        path + ": " + lock.name() + " for " + platform.name() + " is not in the store",
                        lock.name().startsWith("store:")
                                ? "jbox store import FILE takes it from another machine"
                                : "jbox store pull --platform " + platform.name() + " " + lock.name());
            }
            trees.add(platform.tree());
        }
        return trees;
    }

    private static List<String> named(Store store, String word) {
        List<String> trees = new ArrayList<>();
        for (String hash : store.trees()) {
            if (hash.startsWith(word)) {
                trees.add(hash);
            }
        }
        if (trees.size() == 1) {
            return trees;
        }
        ImageName image = ImageWord.parse(word);
        for (NameRecord name : store.records().names()) {
            ImageRecord found = name.name().equals(image.toString()) ? store.find(name) : null;
            if (found != null) {
                trees.add(found.tree());
            }
        }
        if (trees.isEmpty()) {
            throw new JboxException(image + " is not in the store");
        }
        return trees;
    }

    /**
     * Adds the trees of an archive.
     *
     * @param file null for standard input
     */
    int take(@Nullable String file) {
        if (!Images.isOwner()) {
            ProcessBuilder.Redirect input =
                    file == null ? ProcessBuilder.Redirect.INHERIT : ProcessBuilder.Redirect.from(new File(file));
            return images.delegate(List.of("import"), input, ProcessBuilder.Redirect.INHERIT);
        }
        try (InputStream in = file == null ? System.in : Files.newInputStream(Path.of(file))) {
            for (String hash : images.work().take(in)) {
                surroundings.out().println(hash);
            }
        } catch (IOException e) {
            throw new JboxException(file + ": " + SystemError.of(e));
        }
        return 0;
    }
}
