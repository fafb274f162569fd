package io.jbox.image;

import io.jbox.config.DebianRecipe;
import io.jbox.config.ImageName;
import io.jbox.config.PackageList;
import io.jbox.kernel.KernelException;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.store.ImageRecord;
import io.jbox.store.Making;
import io.jbox.store.NameRecord;
import io.jbox.store.Store;
import io.jbox.store.TreeListing;
import java.io.BufferedInputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes a root file system of Debian packages, and adds it to the store: all of it, or nothing.
 *
 * <p>The packages are fetched first. mmdebstrap(1) puts them together in namespaces of its own, without a network, as
 * users that the host does not have: what packages execute then cannot reach the host.
 */
public final class DebianTree {
    private static final String SCRIPT = """
            set -e
            umask 022
            mount --bind "$1/ids" /etc/subuid
            mount --bind "$1/ids" /etc/subgid
            mount --bind "$1/tmp" /tmp
            cd /
            shift
            exec mmdebstrap "$@"
            """;
    /** What mmdebstrap takes from the host, or leaves of what it was told. */
    private static final String CLEAN =
            "rm -f \"$1/etc/resolv.conf\" \"$1/etc/hostname\" \"$1/etc/dpkg/dpkg.cfg.d/99mmdebstrap\"; "
                    + "[ ! -d \"$1/etc/apt\" ] || printf '%s\\n' \"$JBOX_SOURCES\" >\"$1/etc/apt/sources.list\"";

    private static final int BUFFER = 256 * 1024;
    private static final long MB = 1_000_000;

    private final Store store;
    private final String home;
    private final Progress progress;

    /** @param home the folder that jbox is installed in */
    public DebianTree(Store store, String home, Progress progress) {
        this.store = store;
        this.home = home;
        this.progress = progress;
    }

    /**
     * Makes it, whether the store has it or not.
     *
     * @param name whose digest, if it has one, it must get
     * @param platform {@code linux/amd64}
     * @param locked the packages; null for those that the archive has now
     * @throws JboxException if that fails; nothing is left then
     */
    public ImageRecord make(ImageName name, String platform, @Nullable PackageList locked) {
        DebianTools tools = new DebianTools(name.toString(), progress);
        String architecture = architecture(name, platform);
        if (!Files.exists(Path.of("/etc/subuid")) || !Files.exists(Path.of("/etc/subgid"))) {
            throw new JboxException(name + ": there is no /etc/subuid or /etc/subgid", "apt-get install uidmap");
        }
        try (Making making = store.make()) {
            Path aside = Files.createDirectories(Path.of(making.aside()));
            DebianRecipe recipe = name.recipe();
            progress.step("asking apt for the packages of " + recipe.suite());
            AptSources sources = AptSources.of(recipe, tools);
            PackageList packages = locked == null
                    ? new AptResolver(
                                    recipe, sources, tools, Files.createDirectories(aside.resolve("apt")), architecture)
                            .resolve()
                    : locked;
            String manifest = packages.manifest(recipe);
            if (name.digest() != null && !name.digest().equals(manifest)) {
                throw new BadImageException("its list of packages has another digest: " + manifest);
            }
            Path work = Files.createDirectories(aside.resolve("work"));
            Path temporary = Files.createDirectories(work.resolve("tmp"));
            Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxrwxrwx"));
            Path files = Files.createDirectories(temporary.resolve("packages"));
            new PackageStore(store, tools, progress).bring(packages, sources.addresses(), files);
            build(making, work, recipe, packages, architecture, tools);
            progress.step("checking the tree");
            TreeListing.Listed listed = TreeListing.of(making.root());
            ImageRecord.Run run = new ImageRecord.Run(command(making), List.of(), 0, 0, List.of(), "/");
            long now = System.currentTimeMillis() / 1000;
            return store.add(
                    making,
                    listed,
                    new ImageRecord(manifest, "", platform, 0, run, List.of(), packages),
                    new NameRecord(name.toString(), platform, manifest, "", now));
        } catch (BadImageException | KernelException e) {
            throw new JboxException(name + ": " + e.getMessage());
        } catch (IOException e) {
            throw new JboxException(name + ": " + SystemError.of(e));
        }
    }

    private void build(
            Making making, Path work, DebianRecipe recipe, PackageList packages, String architecture, DebianTools tools)
            throws IOException, BadImageException, KernelException {
        Files.writeString(work.resolve("ids"), "root:" + InnerIds.first() + ":" + InnerIds.count() + "\n");
        List<String> words = new ArrayList<>(List.of(
                home + "/bin/jbox",
                "unshare",
                "--mount",
                "--net",
                "--ipc",
                "--uts",
                "--pid",
                "--fork",
                "--kill-child",
                "--",
                "sh",
                "-c",
                SCRIPT,
                "sh",
                work.toString(),
                "--mode=unshare",
                "--variant=custom",
                "--architectures=" + architecture,
                "--include=" + String.join(",", names(packages)),
                "--dpkgopt=force-unsafe-io",
                "--skip=output/dev",
                "--customize-hook=" + CLEAN,
                "--format=tar",
                recipe.suite(),
                "-",
                "deb [trusted=yes] copy:///tmp/packages ./"));
        Map<String, String> environment = Map.of(
                "SOURCE_DATE_EPOCH",
                Long.toString(packages.epoch()),
                "TMPDIR",
                "/tmp",
                "HOME",
                "/tmp",
                "JBOX_SOURCES",
                sourcesOf(recipe));
        long free = new File(store.folder()).getUsableSpace();
        progress.step("setting " + packages.packages().size() + " packages up");
        try (TreeWriter tree = new TreeWriter(making.root())) {
            LayerUnpacker unpacker = new LayerUnpacker(tree, free);
            tools.run(words, environment, written -> {
                try (BufferedInputStream content = new BufferedInputStream(written, BUFFER)) {
                    unpacker.unpack(new TarReader(content));
                    content.transferTo(OutputStream.nullOutputStream());
                }
            });
            tree.finish();
        }
    }

    private static List<String> names(PackageList packages) {
        List<String> names = new ArrayList<>();
        for (PackageList.Package one : packages.packages()) {
            names.add(one.name());
        }
        return names;
    }

    /** For apt in the box: the same on every host, so the host's own mirrors are not in it. */
    private static String sourcesOf(DebianRecipe recipe) {
        return recipe.mirror().isEmpty()
                ? "# rootfs.debian.mirror of the box's configuration would be here."
                : "deb " + recipe.mirror() + " " + recipe.suite() + " " + String.join(" ", recipe.components());
    }

    /** An init if there is one, else a shell. */
    private static List<String> command(Making making) {
        Path root = Path.of("/proc/self/fd/" + making.root().number());
        return Files.exists(root.resolve("usr/sbin/init"), LinkOption.NOFOLLOW_LINKS)
                ? List.of("/sbin/init")
                : List.of("/bin/bash");
    }

    private static String architecture(ImageName name, String platform) {
        String architecture = platform.endsWith("/386") ? "i386" : platform.substring(platform.indexOf('/') + 1);
        String host = System.getProperty("os.arch", "");
        boolean own = architecture.equals(host)
                || architecture.equals("arm64") && host.equals("aarch64")
                || architecture.equals("i386") && host.equals("amd64");
        if (!own) {
            throw new JboxException(
                    name + ": packages for " + platform + " cannot be set up on this processor",
                    "on another machine: jbox store export there, jbox store import here");
        }
        return architecture;
    }
}
