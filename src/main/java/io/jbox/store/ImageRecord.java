package io.jbox.store;

import io.jbox.json.Json;
import io.jbox.json.JsonReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known of an image that has been unpacked.
 *
 * @param manifest {@code sha256:…}, which stands for all of it
 * @param tree the hash of the tree that it was unpacked to
 * @param platform {@code linux/amd64}
 * @param bytes of its files' content
 * @param run what its programs get
 * @param layers the digests of its layers as they are stored, the lowest first
 */
public record ImageRecord(String manifest, String tree, String platform, long bytes, Run run, List<String> layers) {
    private static final long VERSION = 1;

    /**
     * What an image says of its programs.
     *
     * @param command the entrypoint and its arguments, the program with its whole path; empty if the image has none
     * @param environment {@code NAME=VALUE} each
     * @param cwd the working directory
     */
    public record Run(
            List<String> command, List<String> environment, long uid, long gid, List<Long> groups, String cwd) {}

    String text() {
        Map<String, Object> record = new LinkedHashMap<>();
        record.put("version", VERSION);
        record.put("manifest", manifest);
        record.put("tree", tree);
        record.put("platform", platform);
        record.put("bytes", bytes);
        record.put("command", run.command());
        record.put("environment", run.environment());
        record.put("uid", run.uid());
        record.put("gid", run.gid());
        record.put("groups", run.groups());
        record.put("cwd", run.cwd());
        record.put("layers", layers);
        return Json.write(record) + "\n";
    }

    /** @return null for what is no such record, or one of a later jbox */
    static @Nullable ImageRecord parse(String text) {
        try {
            if (!(JsonReader.read(text) instanceof Map<?, ?> record)
                    || !Long.valueOf(VERSION).equals(record.get("version"))) {
                return null;
            }
            Run run = new Run(
                    list(record.get("command"), String.class),
                    list(record.get("environment"), String.class),
                    (Long) field(record, "uid"),
                    (Long) field(record, "gid"),
                    list(record.get("groups"), Long.class),
                    (String) field(record, "cwd"));
            return new ImageRecord(
                    (String) field(record, "manifest"),
                    (String) field(record, "tree"),
                    (String) field(record, "platform"),
                    (Long) field(record, "bytes"),
                    run,
                    list(record.get("layers"), String.class));
        } catch (JsonReader.MalformedException | ClassCastException e) {
            return null;
        }
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
