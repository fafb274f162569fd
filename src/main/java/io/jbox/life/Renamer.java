package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.config.Pin;
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
import io.jbox.store.Store;
import io.jbox.uapi.Constants;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;

/**
 * Gives boxes other names. What jbox has chosen by the name is chosen anew: ids, addresses and hardware addresses. Logs of the last
 * run go.
 */
public final class Renamer {
    private final BoxRegistry registry;

    public Renamer(BoxRegistry registry) {
        this.registry = registry;
    }

    /** @throws JboxException if it runs, if another box uses its files, or if the name is taken; nothing has changed then */
    public void rename(String name, String another) {
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
        try (StillBox still = StillBox.hold(registry, config, false)) {
            move(config, file, folder, target, another);
            RecordedBoxes taken =
                    new RecordedBoxes(registry.kernel(), registry.state().root());
            registry.networks().forget(name, taken);
            registry.ids().release(name, taken);
            FileTree.remove(Path.of(registry.state().of(name)));
        }
    }

    /** The definition changes first, and back if the folder cannot be renamed. */
    private void move(Config config, String file, File folder, File target, String another) {
        String old = config.name().get();
        String text = new ConfigCopy(CopySource.text(file), old, another, Map.of())
                .text()
                .replace(folder.getPath() + "/", target.getPath() + "/");
        Store store = new Store(registry.kernel(), registry.settings().store());
        Config.Image image = config.rootfs().image();
        RootfsPath rootfs = config.rootfs().path().get();
        boolean inside = rootfs.path().startsWith(folder.getPath() + "/");
        try (Fd kept = image == null ? null : store.keep();
                Fd boxes = PathCalls.open(registry.kernel(), String.valueOf(folder.getParent()), Constants.O_PATH)) {
            byte[] before = Files.readAllBytes(Path.of(file));
            replace(file, text.getBytes(StandardCharsets.UTF_8));
            try {
                requireSame(file, another);
                NodeCalls.rename(boxes, folder.getName(), boxes, target.getName());
            } catch (KernelException | RuntimeException e) {
                replace(file, before);
                throw e;
            }
            if (image != null && inside) {
                String moved = target + rootfs.path().substring(folder.getPath().length());
                Path link = Path.of(image.userLink());
                Path next = link.resolveSibling(Path.of(store.userLink(moved)).getFileName());
                Files.deleteIfExists(next);
                Files.createSymbolicLink(next, Path.of(Pin.file(moved)));
                Files.deleteIfExists(link);
            }
        } catch (KernelException e) {
            throw e.about(folder.getPath());
        } catch (IOException e) {
            throw new JboxException(folder + ": " + SystemError.of(e));
        }
    }

    private void requireSame(String file, String another) {
        Config config = registry.load(file, List.of());
        if (!config.name().get().equals(another)) {
            throw new JboxException(new Problem(
                    "the box would still be called " + config.name().get(),
                    config.name().place(),
                    "write name: at the beginning of a line of the box's own configuration"));
        }
    }

    private static void replace(String file, byte[] text) throws IOException {
        Path aside = Path.of(file + ".new");
        Files.write(aside, text);
        Files.move(aside, Path.of(file), StandardCopyOption.ATOMIC_MOVE);
    }
}
