package io.jbox.store;

import io.jbox.config.ImageName;
import io.jbox.number.Sha256;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A store's records of images and of their names: a small file each. */
public final class StoreRecords {
    private static final int RECORD = 1 << 20;

    private final String folder;

    /** @param folder of the store */
    StoreRecords(String folder) {
        this.folder = folder;
    }

    /** What a name stands for; null if it has no record, or one that cannot be read. */
    @Nullable
    NameRecord name(ImageName name, String platform) {
        String text = read(nameFile(name.toString(), platform));
        return text == null ? null : NameRecord.parse(text);
    }

    /** The file that records what a name means. */
    public String nameFile(String name, String platform) {
        return folder + "/names/" + Sha256.of(platform + " " + name) + ".json";
    }

    /** The image of a manifest; null if it has no record, or one that cannot be read. */
    @Nullable
    ImageRecord image(String manifest) {
        String text = read(imageFile(manifest));
        return text == null ? null : ImageRecord.parse(text);
    }

    /** The file that records an image. */
    public String imageFile(String manifest) {
        return folder + "/images/" + manifest.substring(manifest.indexOf(':') + 1) + ".json";
    }

    /**
     * The files that determine which image a name means.
     *
     * @return null if it does not depend on files alone
     */
    public @Nullable List<String> filesOf(ImageRecord image, ImageName name) {
        List<String> files =
                new ArrayList<>(List.of(nameFile(name.toString(), image.platform()), imageFile(image.manifest())));
        if (name.isLocal()) {
            // An archive is too large to be compared.
            if (!name.isFolder()) {
                return null;
            }
            files.add(name.file());
        }
        return files;
    }

    /** The file that marks an image as made here by a step: importing an archive never makes one. */
    public String stepFile(String manifest) {
        return folder + "/steps/" + manifest.substring(manifest.indexOf(':') + 1);
    }

    /** All names, sorted. */
    public List<NameRecord> names() {
        List<NameRecord> all = new ArrayList<>();
        for (String file : list("names")) {
            String text = read(folder + "/names/" + file);
            NameRecord record = text == null ? null : NameRecord.parse(text);
            if (record != null) {
                all.add(record);
            }
        }
        all.sort((a, b) -> (a.name() + " " + a.platform()).compareTo(b.name() + " " + b.platform()));
        return all;
    }

    /** All images, in no particular order. */
    public List<ImageRecord> images() {
        List<ImageRecord> all = new ArrayList<>();
        for (String file : list("images")) {
            String text = read(folder + "/images/" + file);
            ImageRecord record = text == null ? null : ImageRecord.parse(text);
            if (record != null) {
                all.add(record);
            }
        }
        return all;
    }

    /** The names of all files of a kind, sorted. */
    List<String> list(String kind) {
        String[] names = new File(folder, kind).list();
        if (names == null) {
            return List.of();
        }
        Arrays.sort(names);
        return List.of(names);
    }

    /** The content of a small file; null if it cannot be read. */
    static @Nullable String read(String file) {
        try {
            Path path = Path.of(file);
            return Files.size(path) > RECORD ? null : Files.readString(path, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return null;
        }
    }
}
