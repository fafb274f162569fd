package io.jbox.life;

import io.jbox.config.CommandName;
import io.jbox.config.DebianRecipe;
import io.jbox.config.IdMapping;
import io.jbox.config.ImageName;
import io.jbox.config.PackageList;
import io.jbox.image.DebianBox;
import io.jbox.image.DebianPackages;
import io.jbox.image.DebianTools;
import io.jbox.image.Progress;
import io.jbox.image.UnpackRequest;
import io.jbox.number.Sha256;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import io.jbox.store.EphemeralUppers;
import io.jbox.store.ImageRecord;
import io.jbox.store.Store;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Makes images of Debian packages: fetches them, sets them up in a box, and adds what that has made to the store. */
final class DebianImages {
    private static final int SHOWN = 12;

    private final Store store;
    private final StoreProgram program;
    private final String home;
    private final Progress progress;

    DebianImages(Store store, StoreProgram program, String home, Progress progress) {
        this.store = store;
        this.program = program;
        this.home = home;
        this.progress = progress;
    }

    /**
     * Makes one, whether the store has it or not.
     *
     * @param name of the image; if it has a digest, the new image must have that digest
     * @param here the host's own platform
     * @param locked its packages; empty to use the archive's current ones
     * @param ids of the box in which the packages are set up; empty for its usual ids
     * @throws JboxException if that fails; nothing is left behind
     */
    ImageRecord make(ImageName name, String platform, String here, PackageList locked, List<IdMapping> ids) {
        DebianRecipe recipe = name.recipe();
        String architecture = architecture(name, platform, here);
        if (!recipe.isBusybox() && !Files.isExecutable(Path.of("/usr/bin/mmdebstrap"))) {
            throw new JboxException(
                    name + ": mmdebstrap, which sets packages up, is not installed", "apt-get install mmdebstrap");
        }
        store.makeFolders();
        Path work = work(name);
        DebianTools tools = new DebianTools(name.toString(), progress);
        try {
            DebianBox debian = new DebianBox(Files.createDirectories(work));
            debian.make(recipe, Path.of(home, "rootfs-scripts"));
            DebianPackages chosen = new DebianPackages(store, recipe, architecture, tools, progress);
            PackageList packages = locked.isEmpty() ? chosen.resolve(work) : locked;
            chosen.bring(packages, work, debian.packages());
            String manifest = packages.manifest(recipe);
            if (name.digest() != null && !name.digest().equals(manifest)) {
                throw new JboxException(name + ": its list of packages has another digest: " + manifest);
            }
            debian.configure(box(name), recipe, packages, ids);
            progress.step("setting " + packages.packages().size() + " packages up");
            List<String> words = StoreProgram.run(home, debian.file(), DebianBox.words(recipe, packages, architecture));
            UnpackRequest request = UnpackRequest.of(manifest, packages);
            program.run(List.of("unpack", "--platform", platform, name.toString()), to -> {
                to.write(request.text().getBytes(StandardCharsets.UTF_8));
                tools.run(recipe.isBusybox() ? "busybox.sh" : "mmdebstrap", words, archive -> archive.transferTo(to));
                progress.step("checking the tree");
                to.write(request.end().getBytes(StandardCharsets.US_ASCII));
            });
            return store.made(manifest, name);
        } catch (IOException e) {
            throw new JboxException(name + ": " + SystemError.of(e));
        } finally {
            program.remove(work);
        }
    }

    /** Looks up the packages that the archive has now. */
    PackageList resolve(ImageName name, String platform, String here) {
        String architecture = architecture(name, platform, here);
        store.makeFolders();
        Path work = work(name);
        try {
            DebianTools tools = new DebianTools(name.toString(), progress);
            return new DebianPackages(store, name.recipe(), architecture, tools, progress)
                    .resolve(Files.createDirectories(work));
        } catch (IOException e) {
            throw new JboxException(name + ": " + SystemError.of(e));
        } finally {
            program.remove(work);
        }
    }

    private static String box(ImageName name) {
        return "debian-" + Sha256.of(name.toString()).substring(0, SHOWN);
    }

    private Path work(ImageName name) {
        return EphemeralUppers.work(
                store.folder(),
                CommandName.of(box(name), ProcessHandle.current().pid()));
    }

    /** @param here the host's own platform */
    private static String architecture(ImageName name, String platform, String here) {
        String architecture = platform.substring(platform.indexOf('/') + 1);
        if (!platform.equals(here) && !(architecture.equals("386") && here.endsWith("/amd64"))) {
            throw new JboxException(
                    name + ": packages for " + platform + " cannot be set up on this processor",
                    "on another machine: jbox store export there, jbox store import here");
        }
        return architecture.equals("386") ? "i386" : architecture;
    }
}
