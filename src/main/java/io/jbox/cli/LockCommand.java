package io.jbox.cli;

import io.jbox.config.Config;
import io.jbox.config.ImageLock;
import io.jbox.config.ImageName;
import io.jbox.config.PackageList;
import io.jbox.image.ImageIndex;
import io.jbox.life.Developers;
import io.jbox.life.Images;
import io.jbox.life.LockWriter;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.schema.LockFile;
import io.jbox.schema.Locks;
import io.jbox.store.ImageRecord;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** {@code jbox lock NAME}: writes down what the names in a configuration stand for. */
final class LockCommand implements Command {
    private static final Option UPDATE =
            new Option('\0', "update", null, "look everything up anew; with names of packages, only these");
    private static final Option CHECK =
            new Option('\0', "check", null, "change nothing; exit with 1 unless the lock fits its configuration");
    private static final Option PLATFORM =
            new Option('\0', "platform", "OS/ARCH", "lock the image for this platform, too, as linux/arm64");

    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "lock",
                "NAME [PACKAGE...]",
                "writes down what a configuration's image is now, so that it is the same on every machine",
                "Writes NAME.lock beside NAME.yaml: the digests of the image and of the tree that it is unpacked to. With\n"
                        + "a lock, commands take that image and no other, whatever its name stands for later. A lock that is\n"
                        + "there and fits stays as it is, unless --update.\n",
                List.of(UPDATE, CHECK, PLATFORM, Option.SET, Option.PATH),
                true);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        List<String> operands = arguments.operands();
        if (operands.isEmpty()) {
            throw arguments.usage("expected a configuration");
        }
        String file = surroundings.find(arguments, operands.get(0));
        List<String> packages = operands.subList(1, operands.size());
        if (!packages.isEmpty() && !arguments.has(UPDATE)) {
            throw arguments.usage("names of packages belong to --update");
        }
        String wanted = arguments.value(PLATFORM);
        if (wanted != null && !wanted.matches("[a-z0-9]+/[a-z0-9]+")) {
            throw arguments.usage("--platform \"" + wanted + "\": expected OS/ARCH, as linux/arm64");
        }
        Developers.Use use = arguments.has(CHECK) ? Developers.Use.LOOK : Developers.Use.START;
        // Another terminal may just have written the lock, and not yet noted that the user did.
        Config config = Meanwhile.again(() -> load(file, use, arguments, surroundings));
        Config.Image image = config.rootfs().lockable();
        if (image == null) {
            throw new JboxException(new Problem(
                    file + ": there is nothing to lock",
                    config.place(),
                    "rootfs.image, rootfs.debian and rootfs.template are what can be locked"));
        }
        if (!packages.isEmpty() && !image.base().isDebian()) {
            throw new JboxException(new Problem(
                    "--update " + packages.get(0) + ": the image is not made of packages",
                    image.name().place(),
                    null));
        }
        String name = LockFile.nameOf(image.base(), file);
        String arch = config.init().arch() == null ? "" : config.init().arch().get();
        String platform = wanted == null ? Images.platform(arch) : wanted;
        String path = LockFile.of(file);
        ImageLock before = readIfIntact(path, arguments.has(CHECK));
        boolean fits = before != null && before.name().equals(name) && before.find(platform) != null;
        if (!packages.isEmpty() && (before == null || !before.name().equals(name))) {
            throw new JboxException(path + ": there is no lock of this image to update", "jbox lock " + file);
        }
        if (arguments.has(CHECK)) {
            return check(path, before, name, platform, fits, surroundings);
        }
        boolean anew = arguments.has(UPDATE);
        if (!fits || anew) {
            ImageLock lock = lock(name, config, image, platform, before, anew, packages, surroundings);
            LockWriter.write(path, file, LockFile.text(lock, file));
            // The user has just written it.
            load(file, Developers.Use.ALLOW, arguments, surroundings);
            surroundings.out().println(path + ": " + name + " " + platform + " is " + tree(lock, platform));
        }
        return 0;
    }

    private static Config load(String file, Developers.Use use, Arguments arguments, Surroundings surroundings) {
        return surroundings.loaderToLock(arguments, use).with(Locks.WRITTEN).load(file, arguments.values(Option.SET));
    }

    private static @Nullable ImageLock readIfIntact(String path, boolean strict) {
        try {
            return LockFile.read(path);
        } catch (JboxException e) {
            if (strict) {
                throw e;
            }
            // It is written anew.
            return null;
        }
    }

    private static int check(
            String path,
            @Nullable ImageLock lock,
            String name,
            String platform,
            boolean fits,
            Surroundings surroundings) {
        if (!fits) {
            String why = lock == null
                    ? "there is no " + path
                    : lock.name().equals(name)
                            ? path + " has no " + platform
                            : path + " is for " + lock.name() + ", and the configuration has " + name;
            surroundings.err().println("jbox: " + why);
        }
        return fits ? 0 : 1;
    }

    /**
     * Of a lock for the same image, the other platforms stay, and with them what the name stood for then; they are looked up
     * anew as well where all is.
     */
    private static ImageLock lock(
            String name,
            Config config,
            Config.Image image,
            String platform,
            @Nullable ImageLock before,
            boolean anew,
            List<String> packages,
            Surroundings surroundings) {
        ImageLock same = before != null && before.name().equals(name) ? before : null;
        List<ImageLock.Platform> platforms = new ArrayList<>(same == null || anew ? List.of() : same.platforms());
        Set<String> missing = new TreeSet<>(Set.of(platform));
        for (ImageLock.Platform locked : same != null && anew ? same.platforms() : List.<ImageLock.Platform>of()) {
            missing.add(locked.name());
        }
        ImageName whole = image.base();
        String index = same == null || anew ? ImageIndex.digest(whole) : same.index();
        Images images = surroundings.images(surroundings.storeFolder(), Images.Missing.FETCH);
        for (String wanted : missing) {
            ImageLock.Platform locked = same == null ? null : same.find(wanted);
            ImageRecord fetched = images.fetchToLock(
                    index == null ? whole : whole.pinned(index),
                    wanted,
                    config.dev() != null && !config.dev().developer().ids().isEmpty(),
                    locked == null ? PackageList.NONE : locked.packages(),
                    locked == null ? List.of() : packages);
            platforms.add(new ImageLock.Platform(
                    wanted, fetched.manifest(), fetched.layers(), fetched.tree(), fetched.packages()));
        }
        platforms.sort(Comparator.comparing(ImageLock.Platform::name));
        return new ImageLock(name, index, platforms);
    }

    private static String tree(ImageLock lock, String platform) {
        ImageLock.Platform locked = lock.find(platform);
        return locked == null ? "" : locked.tree();
    }
}
