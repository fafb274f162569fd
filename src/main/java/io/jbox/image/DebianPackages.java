package io.jbox.image;

import io.jbox.config.DebianRecipe;
import io.jbox.config.PackageList;
import io.jbox.problem.JboxException;
import io.jbox.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Brings the packages that a Debian root file system is made of. */
public final class DebianPackages {
    private final Store store;
    private final DebianRecipe recipe;
    private final String architecture;
    private final DebianTools tools;
    private final Progress progress;

    /** @param architecture as Debian calls it */
    public DebianPackages(Store store, DebianRecipe recipe, String architecture, DebianTools tools, Progress progress) {
        this.store = store;
        this.recipe = recipe;
        this.architecture = architecture;
        this.tools = tools;
        this.progress = progress;
    }

    /**
     * Brings them to a folder.
     *
     * @param locked which they are; an empty list for those that the archive has now
     * @param work a folder for what is written on the way
     * @return which they are
     */
    public PackageList bring(PackageList locked, Path work, Path to) throws IOException {
        try {
            AptSources sources = AptSources.of(recipe, tools);
            PackageList packages = locked;
            if (packages.isEmpty()) {
                progress.step("asking apt for the packages of " + recipe.suite());
                packages = new AptResolver(
                                recipe, sources, tools, Files.createDirectories(work.resolve("apt")), architecture)
                        .resolve();
            }
            new PackageStore(store, tools, progress)
                    .bring(packages, sources.addresses(), Files.createDirectories(work.resolve("fetched")), to);
            return packages;
        } catch (BadImageException e) {
            throw new JboxException(tools.what() + ": " + e.getMessage());
        }
    }
}
