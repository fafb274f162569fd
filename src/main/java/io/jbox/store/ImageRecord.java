package io.jbox.store;

import io.jbox.config.BadValueException;
import io.jbox.config.PackageList;
import io.jbox.json.Json;
import io.jbox.json.JsonReader;
import io.jbox.number.Sha256;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The record of an unpacked image.
 *
 * @param manifest {@code sha256:…}, which identifies the whole image
 * @param tree the hash of the tree that it was unpacked to
 * @param platform {@code linux/amd64}
 * @param bytes of its files' content
 * @param run settings for its programs
 * @param layers the digests of its layers as they are stored, the lowest first
 * @param packages what a Debian root file system is made of
 */
public record ImageRecord(
        String manifest, String tree, String platform, long bytes, Run run, List<String> layers, PackageList packages) {
    private static final long VERSION = 1;

    /**
     * The settings for an image's programs.
     *
     * @param command the entrypoint and its arguments, the program with its whole path; empty if the image has none
     * @param environment {@code NAME=VALUE} each
     * @param cwd the working directory
     */
    public record Run(
            List<String> command, List<String> environment, long uid, long gid, List<Long> groups, String cwd) {
        /** The fields for JSON. */
        public Map<String, Object> fields() {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("command", command);
            fields.put("environment", environment);
            fields.put("uid", uid);
            fields.put("gid", gid);
            fields.put("groups", groups);
            fields.put("cwd", cwd);
            return fields;
        }

        /** @throws ClassCastException if they are not those of such a record */
        public static Run of(Map<?, ?> fields) {
            return new Run(
                    list(fields.get("command"), String.class),
                    list(fields.get("environment"), String.class),
                    (Long) field(fields, "uid"),
                    (Long) field(fields, "gid"),
                    list(fields.get("groups"), Long.class),
                    (String) field(fields, "cwd"));
        }
    }

    /**
     * An image that was made here from a tree. In place of a manifest digest it has a hash of its whole content.
     *
     * @param bytes of its files' content
     * @param manifest chosen by its maker; empty for that hash
     */
    public static ImageRecord ofTree(String tree, String platform, long bytes, Run run, String manifest) {
        String all = new ImageRecord("", tree, platform, bytes, run, List.of(), PackageList.NONE).text();
        return new ImageRecord(
                manifest.isEmpty() ? "sha256:" + Sha256.of(all) : manifest,
                tree,
                platform,
                bytes,
                run,
                List.of(),
                PackageList.NONE);
    }

    /** For {@link #parse}. */
    public String text() {
        Map<String, Object> record = new LinkedHashMap<>();
        record.put("version", VERSION);
        record.put("manifest", manifest);
        record.put("tree", tree);
        record.put("platform", platform);
        record.put("bytes", bytes);
        record.putAll(run.fields());
        record.put("layers", layers);
        if (!packages.isEmpty()) {
            record.put("epoch", packages.epoch());
            record.put("packages", packages.lines());
        }
        return Json.write(record) + "\n";
    }

    /** @return null if it is not a valid record, or was written by a later jbox */
    public static @Nullable ImageRecord parse(String text) {
        try {
            if (!(JsonReader.read(text) instanceof Map<?, ?> record)
                    || !Long.valueOf(VERSION).equals(record.get("version"))) {
                return null;
            }
            ImageRecord image = new ImageRecord(
                    (String) field(record, "manifest"),
                    (String) field(record, "tree"),
                    (String) field(record, "platform"),
                    (Long) field(record, "bytes"),
                    Run.of(record),
                    list(record.get("layers"), String.class),
                    record.get("epoch") instanceof Long epoch
                            ? PackageList.parse(epoch, list(record.get("packages"), String.class))
                            : PackageList.NONE);
            return image.isValid() ? image : null;
        } catch (JsonReader.MalformedException | ClassCastException | BadValueException e) {
            return null;
        }
    }

    /** Checks texts that become file names, since the record may come from another host. */
    private boolean isValid() {
        return Digests.isManifest(manifest)
                && Digests.isTree(tree)
                && NameRecord.isPlatform(platform)
                && bytes >= 0
                && run.uid() >= 0
                && run.gid() >= 0
                && run.cwd().startsWith("/");
    }

    private static Object field(Map<?, ?> record, String name) {
        Object value = record.get(name);
        if (value == null) {
            throw new ClassCastException(name);
        }
        return value;
    }

    private static <T> List<T> list(@Nullable Object value, Class<T> type) {
        List<T> all = new ArrayList<>();
        for (Object item : (List<?>) (value == null ? List.of() : value)) {
            all.add(type.cast(item));
        }
        return List.copyOf(all);
    }
}
