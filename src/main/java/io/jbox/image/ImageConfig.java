package io.jbox.image;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an image says of itself (OCI image-spec, config.md).
 *
 * @param platform {@code linux/amd64}
 * @param layers {@code sha256:…} of each layer's archive, not compressed
 * @param words entrypoint and arguments
 * @param environment {@code NAME=VALUE} each
 * @param user as it is written: {@code UID}, {@code NAME} or one of these with {@code :GROUP}
 * @param cwd the working directory; / if it has none
 */
record ImageConfig(
        String platform, List<String> layers, List<String> words, List<String> environment, String user, String cwd) {

    static ImageConfig parse(byte[] json) throws BadImageException {
        if (!(ImageManifest.read(json, "configuration") instanceof Map<?, ?> all)
                || !(all.get("rootfs") instanceof Map<?, ?> rootfs)) {
            throw new BadImageException("its configuration has no rootfs");
        }
        Map<?, ?> run = all.get("config") instanceof Map<?, ?> config ? config : Map.of();
        List<String> words = new ArrayList<>(texts(run, "Entrypoint"));
        words.addAll(texts(run, "Cmd"));
        List<String> environment = new ArrayList<>();
        for (String variable : texts(run, "Env")) {
            if (isVariable(variable)) {
                environment.add(variable);
            }
        }
        String cwd = text(run, "WorkingDir");
        return new ImageConfig(
                text(all, "os") + "/" + text(all, "architecture"),
                texts(rootfs, "diff_ids"),
                words,
                environment,
                text(run, "User"),
                cwd.startsWith("/") ? cwd : "/" + cwd);
    }

    private static boolean isVariable(String text) {
        int equals = text.indexOf('=');
        for (int i = 0; i < equals; i++) {
            char c = text.charAt(i);
            boolean letter = c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_';
            if (!letter && (i == 0 || c < '0' || c > '9')) {
                return false;
            }
        }
        return equals > 0;
    }

    private static String text(Map<?, ?> map, String key) throws BadImageException {
        Object value = map.get(key);
        if (value != null && !(value instanceof String)) {
            throw new BadImageException("its configuration's " + key + " is not a text");
        }
        return value instanceof String text ? checked(text, key) : "";
    }

    private static List<String> texts(Map<?, ?> map, String key) throws BadImageException {
        @Nullable Object value = map.get(key);
        List<String> texts = new ArrayList<>();
        if (value != null && !(value instanceof List)) {
            throw new BadImageException("its configuration's " + key + " is not a list");
        }
        for (Object item : value instanceof List<?> list ? list : List.of()) {
            if (!(item instanceof String text)) {
                throw new BadImageException("its configuration's " + key + " is not a list of strings");
            }
            texts.add(checked(text, key));
        }
        return texts;
    }

    private static String checked(String text, String key) throws BadImageException {
        if (text.indexOf('\0') >= 0) {
            throw new BadImageException("its configuration's " + key + " has a NUL in it");
        }
        return text;
    }
}
