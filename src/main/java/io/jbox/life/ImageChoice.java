package io.jbox.life;

import io.jbox.config.ImageLock;
import io.jbox.config.ImageName;
import io.jbox.config.PackageList;
import io.jbox.config.Pin;
import io.jbox.image.Progress;
import io.jbox.problem.JboxException;
import io.jbox.schema.ImageSource;
import io.jbox.store.ImageRecord;
import io.jbox.store.Store;
import io.jbox.store.StoreCare;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the image of a box: the one under its files, else the one in its lock, else the one that its name means now.
 */
final class ImageChoice {
    private final Store store;
    private final StoreProgram program;
    private final String home;
    private final Progress progress;
    private final boolean strict;
    private final @Nullable Fetching fetching;

    /** Fetches images. */
    interface Fetching {
        /** @param packages of a lock; empty to use the archive's current ones */
        ImageRecord fetch(ImageName name, String platform, PackageList packages);
    }

    /**
     * @param strict whether it is an error that the box's files lie over something else
     * @param fetching fetches and completes what is missing; null to fetch nothing
     */
    ImageChoice(
            Store store,
            StoreProgram program,
            String home,
            Progress progress,
            boolean strict,
            @Nullable Fetching fetching) {
        this.store = store;
        this.program = program;
        this.home = home;
        this.progress = progress;
        this.strict = strict;
        this.fetching = fetching;
    }

    /** @return null if it is not in the store, and is not fetched */
    @Nullable
    ImageRecord of(ImageName name, String platform, ImageSource.Wanted wanted) {
        return wanted.steps().isEmpty()
                ? base(name, platform, wanted.upper(), wanted.lock())
                : stepped(name, platform, wanted);
    }

    private @Nullable ImageRecord base(ImageName name, String platform, String upper, @Nullable ImageLock lock) {
        return lock == null ? named(name, platform, upper) : locked(name, platform, upper, lock);
    }

    /** The image after the configuration's steps, which run if it is missing. */
    private @Nullable ImageRecord stepped(ImageName name, String platform, ImageSource.Wanted wanted) {
        ImageRecord known = store.find(wanted.steps().name(name), platform, wanted.upper(), strict);
        Pin pin = store.pin(wanted.upper());
        if (known != null && pin != null && wanted.lock() == null) {
            return known;
        }
        ImageRecord image = base(name, platform, store.folder() + "/none", wanted.lock());
        if (image != null) {
            image = new StepImages(store, program, home, progress, fetching != null, wanted).of(image, name);
            if (image == null && strict && fetching == null) {
                throw new JboxException("its steps have not been taken yet", "jbox start, run or dev takes them");
            }
        }
        if (image != null && strict && pin != null && !pin.tree().equals(image.tree())) {
            throw new JboxException(
                    "the box's files lie over another tree than the one that its steps make now",
                    "\"jbox reset\" removes the box's own files, so that it starts again from this one");
        }
        return image;
    }

    private @Nullable ImageRecord named(ImageName name, String platform, String upper) {
        ImageRecord image = store.find(name, platform, upper, strict);
        if (image == null && fetching != null) {
            image = fetching.fetch(name, platform, PackageList.NONE);
            Pin pin = store.pin(upper);
            if (pin != null && !pin.tree().equals(image.tree())) {
                throw new JboxException(
                        "the tree that the box's files lie over is gone from the store, and " + name
                                + " is another one now",
                        "\"jbox reset\" removes the box's own files, so that it starts again from this one");
            }
        }
        return image;
    }

    /** The image in the lock, even if the name now means another one. */
    private @Nullable ImageRecord locked(ImageName name, String platform, String upper, ImageLock lock) {
        ImageLock.Platform locked = lock.find(platform);
        if (locked == null) {
            throw new JboxException("the lock has no " + platform, "jbox lock adds it");
        }
        ImageRecord image = store.findLocked(name, platform, locked.manifest());
        store.requireFilesOver(upper, locked.tree(), strict);
        if (image == null && fetching != null) {
            image = fetching.fetch(name.pinned(locked.manifest()), platform, locked.packages());
        }
        if (image != null && !image.tree().equals(locked.tree())) {
            String difference = new StoreCare(store).compare(locked.tree(), image.tree());
            throw new JboxException(
                    "its tree is " + image.tree() + ", and the lock has " + locked.tree()
                            + (difference == null ? "" : ": the first file that differs " + difference),
                    "the image is the same, but it was made in another way here, by another version of jbox or of a tool perhaps; \"jbox lock --update\" records the new result");
        }
        return image;
    }
}
