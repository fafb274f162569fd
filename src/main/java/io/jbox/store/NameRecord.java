package io.jbox.store;

import io.jbox.json.Json;
import io.jbox.json.JsonReader;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which image a name stood for when it was fetched last.
 *
 * @param name in full
 * @param platform {@code linux/amd64}
 * @param manifest of the image
 * @param stamp of the file that it was read from; empty for a registry's
 * @param fetched in seconds since 1970
 */
public record NameRecord(String name, String platform, String manifest, String stamp, long fetched) {
    /** For {@link #parse}. */
    public String text() {
        Map<String, Object> record = new LinkedHashMap<>();
        record.put("version", 1L);
        record.put("name", name);
        record.put("platform", platform);
        record.put("manifest", manifest);
        record.put("stamp", stamp);
        record.put("fetched", fetched);
        return Json.write(record) + "\n";
    }

    /** @return null for what is no such record */
    public static @Nullable NameRecord parse(String text) {
        try {
            return JsonReader.read(text) instanceof Map<?, ?> record
                            && record.get("name") instanceof String name
                            && record.get("platform") instanceof String platform
                            && record.get("manifest") instanceof String manifest
                            && record.get("stamp") instanceof String stamp
                            && record.get("fetched") instanceof Long fetched
                    ? new NameRecord(name, platform, manifest, stamp, fetched)
                    : null;
        } catch (JsonReader.MalformedException e) {
            return null;
        }
    }
}
