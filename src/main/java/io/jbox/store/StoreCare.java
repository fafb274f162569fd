package io.jbox.store;

import io.jbox.config.Pin;
import io.jbox.host.FileTree;
import io.jbox.kernel.Fd;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.NodeCalls;
import io.jbox.kernel.PathCalls;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.state.FileLock;
import io.jbox.uapi.Constants;
import io.jbox.uapi.Flag;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Lists, verifies and collects the trees of a store. */
public final class StoreCare {
    private final Store store;

    public StoreCare(Store store) {
        this.store = store;
    }

    /**
     * One tree.
     *
     * @param bytes of its files' content
     * @param names of its images, each {@code NAME PLATFORM}
     * @param users upper folders of boxes that lie over it
     */
    public record TreeUse(String hash, long bytes, List<String> names, List<String> users) {}

    /** All trees, sorted by hash. */
    public List<TreeUse> trees() {
        Map<String, Long> bytes = new LinkedHashMap<>();
        Map<String, String> trees = new LinkedHashMap<>();
        for (ImageRecord image : store.records().images()) {
            bytes.put(image.tree(), image.bytes());
            trees.put(image.manifest(), image.tree());
        }
        Map<String, List<String>> users = users(null);
        List<TreeUse> all = new ArrayList<>();
        List<NameRecord> known = store.records().names();
        for (String hash : store.trees()) {
            List<String> names = new ArrayList<>();
            for (NameRecord name : known) {
                if (hash.equals(trees.get(name.manifest()))) {
                    names.add(name.name() + " " + name.platform());
                }
            }
            all.add(new TreeUse(hash, bytes.getOrDefault(hash, 0L), names, users.getOrDefault(hash, List.of())));
        }
        return all;
    }

    /**
     * Upper folders by the tree that they lie over.
     *
     * @param stale receives links that no longer lead to a pin
     */
    private Map<String, List<String>> users(@Nullable List<String> stale) {
        Map<String, List<String>> users = new LinkedHashMap<>();
        for (String link : store.records().list("users")) {
            try {
                Path file = Files.readSymbolicLink(Path.of(store.folder(), "users", link));
                String name = file.toString();
                String upper = name.substring(0, Math.max(0, name.length() - Pin.SUFFIX.length()));
                Pin pin = store.pin(upper);
                if (pin != null) {
                    users.computeIfAbsent(pin.tree(), tree -> new ArrayList<>()).add(upper);
                } else if (stale != null && !Files.exists(file)) {
                    stale.add(link);
                }
            } catch (NoSuchFileException e) {
                // The box has just ended.
                continue;
            } catch (IOException e) {
                throw new JboxException(store.folder() + "/users/" + link + ": " + SystemError.of(e));
            }
        }
        return users;
    }

    /**
     * Compares a tree with its listing from when it was added.
     *
     * @return the first line that differs, as it is and as it was; null if it is the same
     */
    public @Nullable String verify(String hash) {
        long flags = Constants.O_RDONLY | Flag.O_DIRECTORY.value(store.kernel().processor());
        try (Fd kept = store.keep();
                Fd root = PathCalls.open(store.kernel(), store.tree(hash), flags)) {
            TreeListing.Listed now = TreeListing.of(root);
            if (now.hash().equals(hash)) {
                return null;
            }
            return difference(listing(hash), now.text());
        } catch (KernelException e) {
            return e.getMessage();
        } catch (IOException e) {
            return SystemError.of(e);
        }
    }

    /** Whether the store has a tree. */
    public boolean has(String hash) {
        return Files.isDirectory(Path.of(store.tree(hash)));
    }

    private String listing(String hash) throws IOException {
        return Files.readString(Path.of(store.folder(), "trees", hash, "listing"), StandardCharsets.US_ASCII);
    }

    /**
     * Compares two trees by their listings from when they were added.
     *
     * @return the first line that differs, as it is and as it was; null if the store lacks one of them
     */
    public @Nullable String compare(String before, String now) {
        try {
            return difference(listing(before), listing(now));
        } catch (IOException e) {
            return null;
        }
    }

    private static String difference(String before, String now) {
        String[] was = before.split("\n");
        String[] is = now.split("\n");
        for (int i = 0; i < Math.max(was.length, is.length); i++) {
            String old = i < was.length ? was[i] : "(nothing)";
            String current = i < is.length ? is[i] : "(nothing)";
            if (!old.equals(current)) {
                return "is \"" + current + "\", was \"" + old + "\"";
            }
        }
        return "its listing is not that of this tree";
    }

    /**
     * Removes trees that no box and no named image uses, with their records.
     *
     * @param named whether to remove also images with a name but without a box
     * @return the trees that were removed
     */
    public List<TreeUse> collect(boolean named) {
        List<TreeUse> removed = new ArrayList<>();
        if (!Files.isDirectory(Path.of(store.folder()))) {
            return removed;
        }
        try (FileLock lock = new FileLock(store.kernel(), store.folder() + "/lock")) {
            Making.sweep(store.kernel(), store.folder());
            new EphemeralUppers(store).sweep(FileTree::remove);
            for (TreeUse tree : trees()) {
                if (tree.users().isEmpty() && (named || tree.names().isEmpty()) && remove(tree.hash())) {
                    removed.add(tree);
                }
            }
            forget();
        }
        return removed;
    }

    /**
     * Moves the tree away first, and then checks for users. A box that is being started first notes that it uses the
     * tree, and then opens it. So either this sees the note, or the box finds no tree.
     */
    private boolean remove(String hash) {
        String aside = "making/" + hash;
        try (Fd folder = PathCalls.open(store.kernel(), store.folder(), Constants.O_PATH)) {
            NodeCalls.rename(folder, "trees/" + hash, folder, aside);
            boolean used = true;
            try {
                used = users(null).containsKey(hash);
            } finally {
                if (used) {
                    NodeCalls.rename(folder, aside, folder, "trees/" + hash);
                }
            }
            if (used) {
                return false;
            }
        } catch (KernelException e) {
            throw e.about(store.folder() + "/trees/" + hash);
        }
        FileTree.remove(Path.of(store.folder(), "making", hash));
        return true;
    }

    private void forget() {
        List<String> trees = store.trees();
        List<String> gone = new ArrayList<>();
        List<String> manifests = new ArrayList<>();
        for (ImageRecord image : store.records().images()) {
            if (trees.contains(image.tree())) {
                manifests.add(image.manifest());
            } else {
                gone.add(store.records().imageFile(image.manifest()));
            }
        }
        for (NameRecord name : store.records().names()) {
            if (!manifests.contains(name.manifest())) {
                gone.add(store.records().nameFile(name.name(), name.platform()));
            }
        }
        Set<String> packages = new HashSet<>();
        for (ImageRecord image : store.records().images()) {
            if (trees.contains(image.tree())) {
                image.packages().packages().forEach(one -> packages.add(one.sha256()));
            }
        }
        for (String step : store.records().list("steps")) {
            if (!manifests.contains("sha256:" + step)) {
                gone.add(store.records().stepFile(step));
            }
        }
        String[] kept = new File(store.folder(), Store.PACKAGES).list();
        for (String hash : kept == null ? new String[0] : kept) {
            if (!packages.contains(hash)) {
                gone.add(store.folder() + "/" + Store.PACKAGES + "/" + hash);
            }
        }
        List<String> stale = new ArrayList<>();
        users(stale);
        for (String link : stale) {
            gone.add(store.folder() + "/users/" + link);
        }
        for (String file : gone) {
            try {
                Files.deleteIfExists(Path.of(file));
            } catch (IOException e) {
                throw new JboxException(file + ": " + SystemError.of(e));
            }
        }
    }
}
