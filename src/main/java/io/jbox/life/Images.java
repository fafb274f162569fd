package io.jbox.life;

import io.jbox.config.BadValueException;
import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.ImageName;
import io.jbox.config.PackageList;
import io.jbox.config.Pin;
import io.jbox.config.Value;
import io.jbox.ids.UserIds;
import io.jbox.image.CommitRequest;
import io.jbox.image.Fetcher;
import io.jbox.image.Progress;
import io.jbox.image.TreeSource;
import io.jbox.kernel.NativeKernel;
import io.jbox.problem.JboxException;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import io.jbox.problem.Source;
import io.jbox.request.Settings;
import io.jbox.schema.ImageSource;
import io.jbox.store.EphemeralUppers;
import io.jbox.store.ImageRecord;
import io.jbox.store.Store;
import io.jbox.store.StoreCare;
import io.jbox.yaml.Nodes;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The images of a store, for reading configurations. It can fetch missing ones. */
public final class Images implements ImageSource {
    /** Suffix of the name of a user's second store. The owners of its trees fit boxes with a {@code dev} section. */
    private static final String KEPT = "-kept";

    private static final int MOST_PULLS = 3;

    private final String folder;
    private final String home;
    private final Missing missing;
    private final Progress progress;
    private final boolean keeping;

    /** What to do about an image that the store lacks. */
    public enum Missing {
        /** Fetch it: the box is to be started. */
        FETCH,
        /** Report an error. */
        REFUSE,
        /** Leave it out of the configuration, which is only looked at. */
        LEAVE
    }

    /**
     * @param folder of the store
     * @param home the folder that jbox is installed in
     */
    public Images(String folder, String home, Missing missing, Progress progress) {
        this(folder, home, missing, progress, false);
    }

    /** The store for the image of a box. */
    static Images of(Settings settings, Config config) {
        Images images = new Images(settings.store(), settings.home(), Missing.REFUSE, Progress.NONE);
        boolean keeping =
                config.dev() != null && !config.dev().developer().ids().isEmpty();
        return keeping ? images.keeping() : images;
    }

    private Images(String folder, String home, Missing missing, Progress progress, boolean keeping) {
        this.folder = folder;
        this.home = home;
        this.missing = missing;
        this.progress = progress;
        this.keeping = keeping;
    }

    @Override
    public Known find(Value<ImageName> name, String arch, Wanted wanted) {
        if (!wanted.ids().isEmpty() && !keeping) {
            return keeping().find(name, arch, wanted);
        }
        Store store = new Store(NativeKernel.open(), folder);
        String platform = platform(arch);
        try {
            ImageRecord image = new ImageChoice(
                            store,
                            program(),
                            home,
                            progress,
                            missing != Missing.LEAVE,
                            missing == Missing.FETCH ? (named, wants, list) -> pull(store, named, wants, list) : null)
                    .of(name.get(), platform, wanted);
            if (image == null && missing == Missing.REFUSE) {
                refuseMadeHere(name.get());
                throw new JboxException(name.get() + " is not in the store", "jbox store pull " + name.get());
            }
            return known(store, name, image, wanted);
        } catch (JboxException e) {
            List<Problem> problems = new ArrayList<>();
            for (Problem problem : e.problems()) {
                problems.add(
                        problem.place() != null
                                ? problem
                                : new Problem(
                                        name.get().key() + ": " + problem.message(), name.place(), problem.hint()));
            }
            throw new JboxException(problems, JboxException.FAILED);
        }
    }

    /** The store for boxes in which a user keeps their own id. */
    public Images keeping() {
        return new Images(folder + KEPT, home, missing, progress, true);
    }

    /**
     * Fetches an image anew, to lock it.
     *
     * @param keepsIds whether it is for a box in which a user keeps their own id
     * @param before its packages, if it has been locked
     * @param packages names of those to look up again; empty for all
     */
    public ImageRecord fetchToLock(
            ImageName name, String platform, boolean keepsIds, PackageList before, List<String> packages) {
        if (keepsIds && !keeping) {
            return keeping().fetchToLock(name, platform, true, before, packages);
        }
        Store store = new Store(NativeKernel.open(), folder);
        ImageRecord made = name.isMadeHere() ? store.find(name, platform) : null;
        if (!packages.isEmpty()) {
            PackageList newer =
                    new DebianImages(store, program(), home, progress).resolve(name, platform, platform(""));
            try {
                return pull(store, name, platform, before.with(newer, packages));
            } catch (BadValueException e) {
                throw new JboxException(name + ": the archive " + e.getMessage());
            }
        }
        return made == null ? pull(store, name, platform) : made;
    }

    /** The platform of an architecture as OCI calls it; empty for the host's. */
    public static String platform(String arch) {
        String machine = arch.isEmpty() ? System.getProperty("os.arch", "") : arch;
        return "linux/"
                + switch (machine) {
                    case "x86_64", "amd64" -> "amd64";
                    case "aarch64", "arm64" -> "arm64";
                    case "x86", "i686" -> "386";
                    default -> machine;
                };
    }

    private static Known known(Store store, Value<ImageName> name, @Nullable ImageRecord image, Wanted wanted) {
        Place place = Place.of(new Source("image " + name.get(), ""));
        String upper = wanted.upper();
        Pin pin = store.pin(upper);
        boolean pinned = image != null && pin != null && pin.tree().equals(image.tree());
        ImageName own = wanted.steps().isEmpty() ? name.get() : wanted.steps().name(name.get());
        boolean ephemeral = new EphemeralUppers(store).isOne(upper);
        Config.Image used = new Config.Image(
                new Value<>(own, name.place()),
                name.get(),
                wanted.steps(),
                image == null ? "" : image.manifest(),
                image == null ? "" : image.tree(),
                store.userLink(upper),
                pinned,
                ephemeral);
        if (image == null) {
            return new Known(used, store.tree("absent"), new Nodes(place).mapping(), null);
        }
        List<String> files = pinned
                ? store.filesOf(image, own, upper, wanted.lock() != null)
                : ephemeral && wanted.lock() == null ? store.records().filesOf(image, own) : null;
        return new Known(used, store.tree(image.tree()), ImageSettings.of(image.run(), place), files);
    }

    /**
     * Fetches an image, whether the store has it or not; for a process that may work on trees itself.
     *
     * @throws JboxException if that fails; the store is as it was then
     */
    public ImageRecord fetch(ImageName name, String platform) {
        refuseMadeHere(name);
        if (name.isDebian()) {
            return pull(store(), name, platform, PackageList.NONE);
        }
        return new Fetcher(new Store(NativeKernel.open(), folder), progress).fetch(name, platform);
    }

    private static void refuseMadeHere(ImageName name) {
        if (name.isMadeHere()) {
            throw new JboxException(
                    name + " is not in the store, and can be had from nowhere else",
                    "jbox commit BOX " + name.where()
                            + " makes it of a box; jbox store import FILE takes it from another machine");
        }
    }

    private ImageRecord pull(Store store, ImageName name, String platform) {
        return pull(store, name, platform, PackageList.NONE);
    }

    /** Fetches an image in another jbox process. */
    private ImageRecord pull(Store store, ImageName name, String platform, PackageList packages) {
        refuseMadeHere(name);
        if (name.isDebian()) {
            List<IdMapping> ids =
                    keeping ? UserIds.keeping(NativeKernel.open(), System.getProperty("user.name", "")) : List.of();
            return new DebianImages(store, program(), home, progress).make(name, platform, platform(""), packages, ids);
        }
        store.makeFolders();
        List<String> words = List.of("pull", "--platform", platform, name.toString());
        for (int i = 0; i < MOST_PULLS; i++) {
            program().run(words, "", !progress.isShown(), out -> out.transferTo(OutputStream.nullOutputStream()));
            ImageRecord image = store.find(name, platform);
            // It may have been collected already.
            if (image != null) {
                return image;
            }
        }
        throw new JboxException(name + " was fetched, and is not in the store " + folder);
    }

    /**
     * Makes an image of a box's root file system.
     *
     * @param run settings for its programs
     */
    ImageRecord commit(TreeSource source, ImageName name, String platform, ImageRecord.Run run) {
        Store store = new Store(NativeKernel.open(), folder);
        store.makeFolders();
        List<String> words = List.of("commit", "--platform", platform, name.toString());
        String input = new CommitRequest(source, run, "").text();
        program().run(words, input, true, out -> out.transferTo(OutputStream.nullOutputStream()));
        ImageRecord image = store.find(name, platform);
        if (image == null) {
            throw new JboxException(name + " was made, and is not in the store " + folder);
        }
        return image;
    }

    /** Writes trees as one archive, in another jbox process. */
    public void export(List<String> hashes, OutputStream to) {
        List<String> words = new ArrayList<>(List.of("export"));
        words.addAll(hashes);
        program().run(words, "", true, out -> out.transferTo(to));
    }

    /** Reads a box's root file system as a tar archive. */
    void pack(TreeSource source, boolean forImage, StoreProgram.Reader reader) {
        program().run(List.of("pack", forImage ? "image" : "files"), source.text(), true, reader);
    }

    /** Reports what a box has changed over the layers below its own. */
    void changes(TreeSource source, Consumer<BoxChange> changes) {
        program().run(List.of("diff"), source.text(), true, out -> {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            InputStream all = new BufferedInputStream(out);
            for (int b = all.read(); b >= 0; b = all.read()) {
                if (b == 0) {
                    changes.accept(BoxChange.parse(line.toByteArray()));
                    line.reset();
                } else {
                    line.write(b);
                }
            }
        });
    }

    /** The same for text files, as diff(1) shows it. */
    void patch(TreeSource source, OutputStream to) {
        program().run(List.of("diff", "patch"), source.text(), true, out -> out.transferTo(to));
    }

    /** The images for a user's boxes with a {@code dev} section, which have other ids; null if there are none. */
    public @Nullable Images kept() {
        if (isOwner() || !new File(folder + KEPT).isDirectory()) {
            return null;
        }
        return keeping();
    }

    /** Returns the checks and the garbage collection of the store. */
    public StoreCare care() {
        return new StoreCare(new Store(NativeKernel.open(), folder));
    }

    /** The store itself. */
    public Store store() {
        return new Store(NativeKernel.open(), folder);
    }

    /** Returns the work for a process that may change trees. */
    public StoreWork work() {
        return new StoreWork(store());
    }

    /**
     * Whether this process may change trees itself. An ordinary user may not: the files in the trees belong to ids of
     * the user's boxes.
     */
    public static boolean isOwner() {
        return StoreProgram.isOwner();
    }

    /**
     * Runs a command of {@code jbox store} in another jbox process that may change trees.
     *
     * @return its exit code
     */
    public int delegate(List<String> words, ProcessBuilder.Redirect input, ProcessBuilder.Redirect output) {
        return program().run(words, input, output);
    }

    private StoreProgram program() {
        return new StoreProgram(home, folder, keeping);
    }
}
