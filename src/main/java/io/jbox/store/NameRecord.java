package io.jbox.store;

import io.jbox.config.BadValueException;
import io.jbox.config.ImageName;
import io.jbox.json.Json;
import io.jbox.json.JsonReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The image that a name meant when it was last fetched.
 *
 * @param name in full
 * @param platform {@code linux/amd64}
 * @param manifest of the image
 * @param stamp of the file that it was read from; empty for a registry
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

    /** @return null if it is not a valid record */
    public static @Nullable NameRecord parse(String text) {
        try {
            return JsonReader.read(text) instanceof Map<?, ?> record
                            && record.get("name") instanceof String name
                            && record.get("platform") instanceof String platform
                            && record.get("manifest") instanceof String manifest
                            && record.get("stamp") instanceof String stamp
                            && record.get("fetched") instanceof Long fetched
                            && Digests.isManifest(manifest)
                            && isPlatform(platform)
                            && isName(name)
                    ? new NameRecord(name, platform, manifest, stamp, fetched)
                    : null;
        } catch (JsonReader.MalformedException e) {
            return null;
        }
    }

    /** Whether a text is {@code OS/ARCH}. */
    static boolean isPlatform(String text) {
        int slash = text.indexOf('/');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (i != slash && (c < 'a' || c > 'z') && (c < '0' || c > '9')) {
                return false;
            }
        }
        return slash > 0 && slash < text.length() - 1;
    }

    private static boolean isName(String text) {
        try {
            return ImageName.parse(text).toString().equals(text);
        } catch (BadValueException e) {
            return false;
        }
    }

    /**
     * A stamp that shows whether an image in host files has changed; empty if it is missing, or comes from a registry.
     */
    public static String stamp(ImageName name) {
        if (!name.isLocal()) {
            return "";
        }
        try {
            Path file = Path.of(name.file());
            return Files.getAttribute(file, "unix:ino")
                    + " " + Files.getAttribute(file, "unix:size")
                    + " " + Files.getAttribute(file, "unix:ctime");
        } catch (IOException e) {
            return "";
        }
    }
}
