package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.config.RootfsPath;
import io.jbox.host.FileTree;
import io.jbox.kernel.Fd;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.NodeCalls;
import io.jbox.kernel.PathCalls;
import io.jbox.nic.RecordedBoxes;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.problem.SystemError;
import io.jbox.schema.CopySource;
import io.jbox.state.BoxLock;
import io.jbox.state.PendingWork;
import io.jbox.store.Store;
import io.jbox.uapi.Constants;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Renames boxes. jbox chooses ids, addresses and hardware addresses anew, since they belong to the name. Logs of the
 * last run are removed.
 */
public final class Renamer {
    /** Temporary name of the new definition until the folder is renamed. */
    private static final String ASIDE = "config.yaml.renamed";

    private final BoxRegistry registry;

    public Renamer(BoxRegistry registry) {
        this.registry = registry;
    }

    /** @throws JboxException if it runs, if another box uses its files, or if the name is taken; nothing has changed then */
    public void rename(String name, String another) {
        if (name.equals(another)) {
            throw new JboxException(name + ": has that name already");
        }
        boolean inOrder = name.compareTo(another) < 0;
        // Always lock in the order of names: another rename may go the opposite way.
        try (PendingWork one = registry.begin(inOrder ? name : another);
                PendingWork other = registry.begin(inOrder ? another : name)) {
            begun(name, another, inOrder);
        }
    }

    private void begun(String name, String another, boolean inOrder) {
        String file = Copier.definition(registry, name);
        Config config = registry.load(file, List.of());
        if (config.shifts()) {
            throw new JboxException(new Problem(
                    name + ": its files belong to its ids on the host (rootfs.options: shift), which follow its name",
                    config.rootfs().path().place(),
                    "jbox commit " + name + " makes an image of it, for a box of another name"));
        }
        File folder = new File(registry.settings().boxes().folder(name));
        File target = new File(registry.settings().boxes().folder(another));
        Copier.refuseTaken(registry, another);
        TreeUsers.User user = new TreeUsers(registry).find(folder.getPath(), name);
        if (user != null) {
            throw new JboxException(name + ": " + user.describe());
        }
        SeenFiles seen = new SeenFiles(registry, config, file);
        try (NewName before = inOrder ? null : new NewName(registry, another);
                StillBox still = StillBox.hold(registry, config, false);
                NewName after = inOrder ? new NewName(registry, another) : null) {
            seen.require();
            Copier.refuseTaken(registry, another);
            move(config, file, folder, target, another);
            RecordedBoxes taken =
                    new RecordedBoxes(registry.kernel(), registry.state().root());
            registry.networks().forget(name, taken);
            registry.ids().release(name, taken);
            FileTree.remove(Path.of(registry.state().of(name)));
        }
    }

    /** The lock of the new name. */
    private record NewName(BoxRegistry registry, String name, BoxLock lock) implements AutoCloseable {
        NewName(BoxRegistry registry, String name) {
            this(registry, name, BoxLock.make(registry.kernel(), registry.state(), name));
        }

        @Override
        public void close() {
            try (lock) {
                registry.state().forgetIfEmpty(name, lock);
            }
        }
    }

    /** If jbox is killed between two of these steps, {@link #tidyUp} completes the rename. */
    private void move(Config config, String file, File folder, File target, String another) {
        Config.Image image = config.rootfs().image();
        RootfsPath rootfs = config.rootfs().path().get();
        Path aside = Path.of(folder.getPath(), ASIDE);
        Store store = image == null ? null : Store.of(registry.kernel(), image);
        try (Fd kept = store == null ? null : store.keep();
                Fd boxes = PathCalls.open(registry.kernel(), String.valueOf(folder.getParent()), Constants.O_PATH)) {
            Files.writeString(aside, text(config, file, folder, target, another), StandardCharsets.UTF_8);
            Path link = null;
            try {
                if (store != null && rootfs.path().startsWith(folder + "/")) {
                    String moved =
                            target + rootfs.path().substring(folder.getPath().length());
                    link = store.noteUser(moved);
                }
                NodeCalls.rename(boxes, folder.getName(), boxes, target.getName());
                try {
                    requireSame(config, folder, target, another);
                } catch (RuntimeException e) {
                    NodeCalls.rename(boxes, target.getName(), boxes, folder.getName());
                    throw e;
                }
            } catch (KernelException | RuntimeException e) {
                Files.deleteIfExists(aside);
                if (link != null) {
                    Files.deleteIfExists(link);
                }
                throw e;
            }
            finish(target);
            if (image != null && link != null) {
                Files.deleteIfExists(Path.of(image.userLink()));
            }
        } catch (KernelException e) {
            throw e.about(folder.getPath());
        } catch (IOException e) {
            throw new JboxException(folder + ": " + SystemError.of(e));
        }
    }

    private static void finish(File folder) throws IOException {
        Files.move(
                Path.of(folder.getPath(), ASIDE),
                Path.of(folder.getPath(), "config.yaml"),
                StandardCopyOption.ATOMIC_MOVE);
    }

    /** Completes a rename that was killed: if the folder has the new name, the new definition replaces the old one. */
    void tidyUp(String name) {
        File folder = new File(registry.settings().boxes().folder(name));
        Path aside = Path.of(folder.getPath(), ASIDE);
        try {
            if (!Files.isRegularFile(aside, LinkOption.NOFOLLOW_LINKS)) {
                return;
            }
            if (Files.readString(aside, StandardCharsets.UTF_8).startsWith("name: " + name + "\n")) {
                finish(folder);
            } else {
                Files.delete(aside);
            }
            registry.state().forgetIfEmpty(name);
        } catch (IOException e) {
            throw new JboxException(aside + ": " + SystemError.of(e));
        }
    }

    private static String text(Config config, String file, File folder, File target, String another) {
        String text = new ConfigCopy(CopySource.text(file), config.name().get(), another, Map.of()).text();
        Pattern own =
                Pattern.compile("(?<![^\\s\"':,\\[{=])" + Pattern.quote(folder.getPath()) + "(?=[/\"'\\s,\\]}:]|$)");
        return own.matcher(text).replaceAll(Matcher.quoteReplacement(target.getPath()));
    }

    /** Refuses a new definition that would give the box other files than it has now. */
    private void requireSame(Config before, File folder, File target, String another) {
        Config config = registry.load(target + "/" + ASIDE, List.of());
        if (!config.name().get().equals(another)) {
            throw new JboxException(new Problem(
                    "the box would still be called " + config.name().get(),
                    config.name().place(),
                    "write name: at the beginning of a line of the box's own configuration"));
        }
        List<String> is = config.hostTrees();
        List<String> was = before.hostTrees();
        // Skip the trees from the store, which come first: the pin beside the box's files identifies them.
        for (int i = before.rootfs().image() == null
                        ? 0
                        : before.rootfs().path().get().lowers().size();
                i < Math.max(is.size(), was.size());
                i++) {
            String old = normal(was, i);
            boolean inside = old.startsWith(folder + "/");
            String wanted = inside ? target + old.substring(folder.getPath().length()) : old;
            String now = normal(is, i);
            if (!now.equals(wanted)) {
                throw new JboxException(new Problem(
                        "the box would use " + now + " rather than " + wanted,
                        config.rootfs().path().place(),
                        "write this path as jbox config show has it, or relative to the box's folder"));
            }
        }
    }

    private static String normal(List<String> paths, int index) {
        return index < paths.size() ? Path.of(paths.get(index)).normalize().toString() : "";
    }
}
