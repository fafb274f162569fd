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
     * Lets apt choose them.
     *
     * @param work a folder for what it writes
     */
    public PackageList resolve(Path work) throws IOException {
        progress.step("asking apt for the packages of " + recipe.suite());
        try {
            Path folder = Files.createDirectories(work.resolve("apt"));
            return new AptResolver(recipe, AptSources.of(recipe, tools), tools, folder, architecture).resolve();
        } catch (BadImageException e) {
            throw new JboxException(tools.what() + ": " + e.getMessage());
        }
    }

    /**
     * Brings them to a folder.
     *
     * @param packages which they are
     * @param work a folder for what is written on the way
     */
    public void bring(PackageList packages, Path work, Path to) throws IOException {
        new PackageStore(store, tools, progress)
                .bring(
                        packages,
                        AptSources.of(recipe, tools).addresses(),
                        Files.createDirectories(work.resolve("fetched")),
                        to);
    }
}
