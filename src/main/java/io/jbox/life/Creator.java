package io.jbox.life;

import io.jbox.config.Config;
import io.jbox.config.DebianRecipe;
import io.jbox.config.ImageLock;
import io.jbox.config.ImageName;
import io.jbox.config.MountEntry;
import io.jbox.config.RootfsPath;
import io.jbox.config.Value;
import io.jbox.host.FileTree;
import io.jbox.kernel.OwnProcess;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.problem.SystemError;
import io.jbox.request.CreateRequest;
import io.jbox.schema.CopySource;
import io.jbox.schema.LockFile;
import io.jbox.state.BoxLock;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Defines boxes: makes a folder, a root file system, and last config.yaml, so that a half-made box does not count. */
public final class Creator {
    /** Temporary name of the definition until the box is complete. */
    private static final String ASIDE = "config.yaml.new";
    /** Marks a folder that was made for an unfinished box, rather than by the user. */
    private static final String UNFINISHED = ".unfinished";

    private final BoxRegistry registry;

    public Creator(BoxRegistry registry) {
        this.registry = registry;
    }

    public void create(CreateRequest request) {
        String name = request.name();
        String template = request.template();
        if (DebianRecipe.TEMPLATE.equals(template)) {
            DebianTemplate.check(request);
        } else if (template != null && !template.equals("none")) {
            script(template);
        }
        if (request.config() != null) {
            // Loaded under its own name, so that errors name this file.
            Config.Dev dev = registry.load(request.config(), List.of()).dev();
            if (dev != null) {
                throw new JboxException(new Problem(
                        "dev: the copy would be about another folder than the project's", dev.place(), "jbox dev"));
            }
        }
        ImageLock lock = request.config() == null
                ? null
                : lock(request.config(), registry.load(request.config(), List.of()), name);
        define(name, lock, () -> text(request), aside -> makeRootfs(request, check(request, aside), lock));
    }

    /** Makes the root file system of a box whose definition is in a file. */
    interface RootfsMaker {
        void make(File definition);
    }

    /**
     * Defines a box with this text. If the root file system cannot be made, nothing is left behind.
     *
     * @param lock of its image; null for none
     */
    void define(String name, @Nullable ImageLock lock, Supplier<String> text, RootfsMaker maker) {
        File folder = new File(registry.settings().boxes().folder(name));
        File definition = new File(registry.settings().boxes().config(name));
        if (Files.isSymbolicLink(folder.toPath())) {
            throw new JboxException(folder + ": is a symbolic link", "jbox did not make it; remove it yourself");
        }
        try (BoxLock held = BoxLock.make(registry.kernel(), registry.state(), name)) {
            if (definition.exists()) {
                registry.state().forgetIfEmpty(name, held);
                throw new JboxException(name + ": is already defined in " + definition, "jbox destroy " + name);
            }
            File lockFile = new File(LockFile.of(definition.getPath()));
            if (lockFile.exists()) {
                registry.state().forgetIfEmpty(name, held);
                throw new JboxException(lockFile + ": there is a lock, and no box", "remove it");
            }
            boolean made = !folder.exists();
            File rootfs = new File(registry.settings().boxes().rootfs(name));
            boolean madeRootfs = !rootfs.exists();
            File aside = new File(folder, ASIDE);
            File unfinished = new File(folder, UNFINISHED);
            try {
                makeFolder(folder);
                if (made) {
                    Files.createFile(unfinished.toPath());
                }
                Files.writeString(aside.toPath(), text.get(), StandardCharsets.UTF_8);
                maker.make(aside);
                if (lock != null) {
                    LockWriter.write(lockFile.getPath(), aside.getPath(), LockFile.text(lock, definition.getPath()));
                }
                if (!aside.renameTo(definition)) {
                    throw new JboxException(definition + ": cannot be written");
                }
                Files.deleteIfExists(unfinished.toPath());
            } catch (IOException | RuntimeException e) {
                undoLock(lockFile);
                undo(aside, made ? folder : madeRootfs ? rootfs : null);
                registry.state().forgetIfEmpty(name, held);
                if (e instanceof RuntimeException failure) {
                    throw failure;
                }
                String path = e instanceof FileSystemException which && which.getFile() != null
                        ? which.getFile()
                        : folder.getPath();
                throw new JboxException(path + ": " + SystemError.of((IOException) e));
            }
        }
    }

    /**
     * The lock of a box copied from another configuration: both get the same image, even if its name now means another
     * one.
     *
     * @param file of the other configuration
     * @return null if that has no image, or no lock
     */
    @Nullable
    ImageLock lock(String file, Config original, String name) {
        Config.Rootfs rootfs = original.rootfs();
        ImageLock lock = rootfs.image() == null && rootfs.template() == null ? null : LockFile.read(LockFile.of(file));
        return lock == null
                ? null
                : LockFile.moved(lock, file, registry.settings().boxes().config(name));
    }

    /** There was none before. */
    private void undoLock(File lock) {
        LockWriter.asides(lock).forEach(aside -> undo(aside, null));
        undo(lock, null);
    }

    /** Removes what a killed create has left. */
    void tidyUp(String name) {
        File folder = new File(registry.settings().boxes().folder(name));
        BoxLock lock = BoxLock.tryTake(registry.kernel(), registry.state().of(name));
        if (lock == null && new File(registry.state().of(name)).exists()) {
            return; // somebody is at work on it again
        }
        try {
            boolean defined = new File(folder, "config.yaml").exists();
            File unfinished = new File(folder, UNFINISHED);
            if (!defined && unfinished.exists() && new TreeUsers(registry).find(folder.getPath(), name) == null) {
                FileTree.remove(folder.toPath());
            } else {
                File aside = new File(folder, ASIDE);
                if (!defined && aside.exists()) {
                    undoLock(new File(LockFile.of(registry.settings().boxes().config(name))));
                }
                undo(aside, null);
                undo(unfinished, null);
            }
            if (lock != null) {
                registry.state().forgetIfEmpty(name, lock);
            }
        } finally {
            if (lock != null) {
                lock.close();
            }
        }
    }

    private void undo(File aside, @Nullable File made) {
        if (aside.exists() && !aside.delete()) {
            throw new JboxException(aside + ": cannot be removed");
        }
        if (made != null && made.exists()) {
            new OwnRoot(registry.kernel(), registry.settings().home()).remove(made.toPath());
        }
    }

    private void makeFolder(File folder) throws IOException {
        Path parent = Path.of(registry.settings().boxes().path());
        if (!Files.isDirectory(parent)) {
            Files.createDirectories(
                    parent, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        if (!folder.exists()) {
            Files.createDirectory(
                    folder.toPath(),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
    }

    /** The configuration's text, under the box's name. */
    private String text(CreateRequest request) {
        String path = request.config();
        if (path == null) {
            String template = request.template() == null ? "busybox" : request.template();
            return "name: " + request.name() + "\n"
                    + DebianTemplate.rootfs(template, request.arguments())
                    + (template.equals("busybox") ? "signal: {halt: SIGUSR1, reboot: SIGTERM}\n" : "")
                    + "net:\n  - " + network() + "\n";
        }
        String original = registry.load(path, List.of()).name().get();
        return new ConfigCopy(CopySource.text(path), original, request.name(), Map.of()).text();
    }

    /** Root's boxes use jbox's own bridge; an ordinary user's boxes use a network that needs no privilege. */
    private String network() {
        if (OwnProcess.isRoot(registry.kernel())) {
            return "{type: veth, link: jboxbr0, flags: up}";
        }
        return new File("/usr/bin/slirp4netns").canExecute() ? "{type: user}" : "{type: empty, flags: up}";
    }

    /** A copy must mean the same as the original, but its relative paths would lead elsewhere. */
    private Config check(CreateRequest request, File aside) {
        Config config = registry.load(aside.getPath(), List.of());
        if (!config.name().get().equals(request.name())) {
            throw new JboxException(new Problem(
                    "the copy would be called " + config.name().get(),
                    config.name().place(),
                    "write name: at the beginning of a line"));
        }
        if (request.config() == null) {
            return config;
        }
        Config original = registry.load(request.config(), List.of("name=" + request.name()));
        List<Problem> problems = new ArrayList<>();
        Config.Image image = original.rootfs().image();
        if (image != null) {
            Config.Image copied = config.rootfs().image();
            Value<ImageName> name = image.name();
            same(
                    name.get().toString(),
                    copied == null ? "" : copied.name().get().toString(),
                    name,
                    problems);
        } else if (!original.rootfs().path().place().isDefault()) {
            RootfsPath path = config.rootfs().path().get();
            boolean own = path.path().equals(registry.settings().boxes().rootfs(request.name()));
            RootfsPath same = own
                    ? new RootfsPath(
                            path.lowers(), original.rootfs().path().get().path())
                    : path;
            same(
                    original.rootfs().path().get().toString(),
                    same.toString(),
                    original.rootfs().path(),
                    problems);
        }
        for (int i = 0; i < original.mount().entries().size(); i++) {
            Value<MountEntry> entry = original.mount().entries().get(i);
            same(entry.get().source(), config.mount().entries().get(i).get().source(), entry, problems);
        }
        same(
                original.confinement().seccomp().get(),
                config.confinement().seccomp().get(),
                original.confinement().seccomp(),
                problems);
        Value<String> log = original.log().file();
        Value<String> copied = config.log().file();
        if (log != null && copied != null) {
            same(log.get(), copied.get(), log, problems);
        }
        Value<String> console = original.terminals().console().logfile();
        Value<String> copiedConsole = config.terminals().console().logfile();
        if (console != null && copiedConsole != null) {
            same(console.get(), copiedConsole.get(), console, problems);
        }
        if (!problems.isEmpty()) {
            throw new JboxException(problems, JboxException.FAILED);
        }
        refuseAnothersLayer(config, original.rootfs().path().place());
        return config;
    }

    /** Two overlays must not share a writable layer: the kernel calls the result undefined. */
    private void refuseAnothersLayer(Config config, Place place) {
        RootfsPath path = config.rootfs().path().get();
        if (!path.isOverlay()) {
            return;
        }
        for (String other : registry.defined()) {
            Config defined = other.equals(config.name().get()) ? null : registry.findConfig(other);
            RootfsPath taken = defined == null ? path : defined.rootfs().path().get();
            if (defined != null
                    && taken.isOverlay()
                    && TreeUsers.real(taken.path()).equals(TreeUsers.real(path.path()))) {
                throw new JboxException(new Problem(
                        "the overlay's upper folder is that of box " + other,
                        place,
                        "give it one of its own, for example overlay:" + String.join(":", path.lowers()) + ":box:"
                                + config.name().get()));
            }
        }
    }

    private static void same(String original, String copy, Value<?> value, List<Problem> problems) {
        if (!original.equals(copy)) {
            problems.add(new Problem(
                    "a relative path would mean another file from the box's own folder",
                    value.place(),
                    "make it absolute: " + original));
        }
    }

    private File script(String template) {
        File script = new File(registry.settings().home() + "/rootfs-scripts", template + ".sh");
        if (template.indexOf('/') >= 0 || !script.canExecute()) {
            throw new JboxException("template \"" + template + "\": there is no " + script);
        }
        return script;
    }

    private void makeRootfs(CreateRequest request, Config config, @Nullable ImageLock lock) {
        Config.Image image = config.rootfs().image();
        boolean given = request.template() != null && !request.template().equals("none");
        if (image != null && request.config() != null && given) {
            throw new JboxException(new Problem(
                    "template \"" + request.template() + "\": the root file system is an image already",
                    image.name().place(),
                    "leave out -t"));
        }
        if (image != null || lock != null && !given) {
            return; // a start makes it
        }
        Config.Template written = config.rootfs().template();
        String template = request.template() != null
                ? request.template()
                : written == null ? "none" : written.name().get();
        RootfsPath rootfs = config.rootfs().path().get();
        String path = rootfs.isOverlay() ? rootfs.lowers().get(0) : rootfs.path();
        if (template.equals("none") || new File(path).exists()) {
            return;
        }
        List<String> command = new ArrayList<>(List.of(script(template).getPath(), path));
        command.addAll(request.arguments());
        Place place = written == null ? Place.DEFAULT : written.name().place();
        registry.templates().make("template \"" + template + "\"", place, command);
    }
}
