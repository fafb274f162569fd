package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.config.ImageLock;
import io.jbox.config.Net;
import io.jbox.config.Pin;
import io.jbox.config.RootfsPath;
import io.jbox.config.TreeSteps;
import io.jbox.config.Value;
import io.jbox.kernel.Fd;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.OwnProcess;
import io.jbox.plan.HookEnvironment;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.problem.SystemError;
import io.jbox.request.CopyRequest;
import io.jbox.schema.CopySource;
import io.jbox.store.Store;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Defines boxes like others (lxc-copy(1)). Hardware addresses, addresses and ids that jbox chooses are chosen anew for
 * the copy; a hardware address written in the configuration gets new last digits.
 */
public final class Copier {
    /** The part of a written hardware address that stays: its vendor prefix. */
    private static final int MAKER = "00:16:3e".length();

    private final BoxRegistry registry;

    public Copier(BoxRegistry registry) {
        this.registry = registry;
    }

    /** @throws JboxException if the original runs and is not frozen; nothing is left then */
    public void copy(CopyRequest request) {
        String file = definition(registry, request.of());
        Config original = registry.load(file, List.of());
        refuseTaken(registry, request.name());
        if (original.shifts()) {
            throw new JboxException(new Problem(
                    request.of()
                            + ": its files belong to its own ids on the host (rootfs.options: shift), which a copy does not have",
                    original.rootfs().path().place(),
                    "jbox commit " + request.of() + " makes an image of it, for any number of boxes"));
        }
        try (StillBox still = StillBox.hold(registry, original, true)) {
            String text = text(file, original, request);
            Creator creator = new Creator(registry);
            ImageLock lock = creator.lock(file, original, request.name());
            creator.define(request.name(), lock, () -> text, definition -> fill(definition, original, request));
        }
    }

    /** The configuration of a defined box. */
    static String definition(BoxRegistry registry, String name) {
        String file = registry.settings().boxes().config(name);
        if (!new File(file).exists()) {
            if (registry.exists(name)) {
                throw new JboxException(
                        name + ": is not defined in "
                                + registry.settings().boxes().path(),
                        "jbox create NAME -f FILE defines a box like that of a file");
            }
            throw registry.unknown(name);
        }
        return file;
    }

    /** Checked before anything is locked, so that a box does not wait for its own lock. */
    static void refuseTaken(BoxRegistry registry, String name) {
        File folder = new File(registry.settings().boxes().folder(name));
        if (Files.exists(folder.toPath(), LinkOption.NOFOLLOW_LINKS)
                || registry.settler().read(name) != null) {
            throw new JboxException(name + ": there is a box of that name already, or a folder: " + folder);
        }
    }

    private String text(String file, Config original, CopyRequest request) {
        Map<String, String> replaced = new LinkedHashMap<>();
        RootfsPath wanted = wanted(original, request);
        RootfsPath path = original.rootfs().path().get();
        boolean own = path.path().equals(registry.settings().boxes().rootfs(request.of()));
        // A box without a rootfs setting uses the files in its own folder, where the copy has none yet.
        boolean unsaid = original.rootfs().path().place().isDefault()
                && original.rootfs().template() == null
                && original.rootfs().image() == null;
        if (!own || unsaid || wanted.isOverlay() && original.rootfs().image() == null && !path.isOverlay()) {
            replaced.put("rootfs", rootfs(original.rootfs(), wanted, request.name()));
        }
        if (request.kind() == CopyRequest.Kind.EPHEMERAL) {
            replaced.put("ephemeral", "true");
        }
        return new ConfigCopy(withOtherAddresses(file, original), request.of(), request.name(), replaced).text();
    }

    private static String rootfs(Config.Rootfs original, RootfsPath wanted, String name) {
        List<String> parts = new ArrayList<>();
        if (original.image() != null) {
            parts.add("image: " + quoted(original.image().base().toString()));
            TreeSteps steps = original.image().steps();
            if (!steps.isEmpty()) {
                List<String> commands = new ArrayList<>();
                for (String command : steps.texts()) {
                    commands.add(quoted(command));
                }
                parts.add("steps: " + commands);
                parts.add("network: " + (steps.network() ? "outgoing" : "none"));
            }
            parts.add("path: " + quoted(wanted.path()));
        } else if (wanted.isOverlay()) {
            parts.add("path: " + quoted("overlay:" + String.join(":", wanted.lowers()) + ":box:" + name));
        } else {
            parts.add("path: " + quoted(wanted.path()));
        }
        List<String> options = new ArrayList<>();
        for (Value<String> option : original.options()) {
            options.add(option.get());
        }
        if (!options.isEmpty()) {
            parts.add("options: " + options);
        }
        return "{" + String.join(", ", parts) + "}";
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    /** The text with new last digits in every hardware address. */
    private static String withOtherAddresses(String file, Config original) {
        String[] lines = CopySource.text(file).split("\n", -1);
        for (Net net : original.net()) {
            Value<String> hardware = net.hwaddr();
            if (hardware == null || hardware.get().indexOf('x') >= 0) {
                continue;
            }
            Place place = hardware.place();
            String address = hardware.get();
            int line = place.line() - 1;
            boolean here = place.source().name().equals(file) && line >= 0 && line < lines.length;
            int at = here ? lines[line].indexOf(address, place.column() - 1) : -1;
            if (at < 0 || at > place.column()) {
                throw new JboxException(new Problem(
                        "net: the copy would have the same hardware address, " + address,
                        place,
                        "write it as " + address.substring(0, MAKER) + ":xx:xx:xx: each box fills it in for itself"));
            }
            lines[line] =
                    lines[line].substring(0, at + MAKER) + ":xx:xx:xx" + lines[line].substring(at + address.length());
        }
        return String.join("\n", lines);
    }

    /** The root file system of the copy. */
    private RootfsPath wanted(Config original, CopyRequest request) {
        RootfsPath path = original.rootfs().path().get();
        String own = registry.settings().boxes().rootfs(request.name());
        boolean layered = request.kind() != CopyRequest.Kind.WHOLE && !path.isOverlay();
        return new RootfsPath(layered ? List.of(path.path()) : path.lowers(), own);
    }

    private void fill(File definition, Config original, CopyRequest request) {
        Config config = registry.load(definition.getPath(), List.of());
        RootfsPath wanted = wanted(original, request);
        RootfsPath path = config.rootfs().path().get();
        // Over an image the copy uses the original's tree, even if the image's name now means another one.
        boolean same = original.rootfs().image() == null
                ? path.equals(wanted)
                : path.path().equals(wanted.path());
        if (!same || !config.name().get().equals(request.name())) {
            throw new JboxException(new Problem(
                    "the copy would be box " + config.name().get() + " on " + path + " rather than on " + wanted,
                    config.rootfs().path().place(),
                    "write name: and rootfs: at the beginning of a line of the box's own configuration"));
        }
        Config.Image image = original.rootfs().image();
        Config.Image copied = config.rootfs().image();
        if (image != null
                && copied != null
                && !copied.name().get().equals(image.name().get())) {
            throw new JboxException(new Problem(
                    "a relative path would mean another file from the box's own folder",
                    image.name().place(),
                    "make it absolute: " + image.name().get()));
        }
        copyFiles(original, config, request);
        List<String> source = new ArrayList<>();
        HookEnvironment.add("SRC_NAME", request.of(), source);
        DefinitionHooks.run(registry, config, "clone", source);
    }

    private void copyFiles(Config original, Config config, CopyRequest request) {
        RootfsPath path = config.rootfs().path().get();
        RootfsPath from = original.rootfs().path().get();
        boolean copied = request.kind() == CopyRequest.Kind.WHOLE || from.isOverlay();
        if (!copied || !Files.isDirectory(Path.of(from.path()), LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Config.Image image = original.rootfs().image();
        if (image == null) {
            copyFiles(from.path(), path.path());
        } else {
            copyOver(image, from.path(), path.path());
        }
    }

    /** Notes in the store that the copy uses the tree before copying the box's own files. */
    private void copyOver(Config.Image image, String from, String to) {
        Store store = Store.of(registry.kernel(), image);
        Path pin = Path.of(Pin.file(from));
        Path link;
        // Otherwise a concurrent garbage collection could remove the link, since its target does not exist yet.
        try (Fd kept = store.keep()) {
            link = store.noteUser(to);
            if (Files.exists(pin, LinkOption.NOFOLLOW_LINKS)) {
                Files.copy(pin, Path.of(Pin.file(to)));
            }
        } catch (IOException e) {
            throw new JboxException(Pin.file(to) + ": " + SystemError.of(e));
        } catch (KernelException e) {
            throw e.about(store.folder());
        }
        try {
            copyFiles(from, to);
        } catch (RuntimeException e) {
            new File(link.toString()).delete();
            throw e;
        }
    }

    /** By cp(1), which keeps owners, times, attributes, hard links and holes, and shares blocks where the file system can. */
    private void copyFiles(String from, String to) {
        List<String> words = List.of(
                "setpriv",
                "--pdeathsig",
                "KILL",
                "--",
                "cp",
                "-aT",
                "--one-file-system",
                "--reflink=auto",
                "--sparse=auto",
                "--",
                from,
                to);
        ProcessBuilder builder = OwnProcess.isRoot(registry.kernel())
                ? new ProcessBuilder(words)
                : new OwnRoot(registry.kernel(), registry.settings().home()).program(words);
        try {
            Process process = builder.redirectErrorStream(true)
                    .redirectInput(new File("/dev/null"))
                    .start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new JboxException(
                        from + ": cannot be copied: " + said.lines().findFirst().orElse("cp failed"));
            }
        } catch (IOException e) {
            throw new JboxException("cp: " + SystemError.of(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JboxException("cp: interrupted");
        }
    }
}
