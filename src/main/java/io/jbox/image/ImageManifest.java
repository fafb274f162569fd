package io.jbox.image;

import io.jbox.json.JsonReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an image consists of (OCI image-spec, manifest.md; Docker's schema 2 has the same fields).
 *
 * @param config the digest of its configuration
 * @param layers digests, the lowest first
 */
record ImageManifest(Blob config, List<Blob> layers) {
    private static final int MAX_LAYERS = 512;

    /**
     * @param digest {@code sha256:…} of the bytes
     * @param size in bytes
     */
    record Blob(String digest, long size) {
        private static final String SHA256 = "sha256:";
        private static final int HEX = 64;

        static Blob of(@Nullable Object value) throws BadImageException {
            if (value instanceof Map<?, ?> blob
                    && blob.get("digest") instanceof String digest
                    && blob.get("size") instanceof Long size
                    && digest.startsWith(SHA256)
                    && digest.length() == SHA256.length() + HEX
                    && isHex(digest.substring(SHA256.length()))) {
                return new Blob(digest, size);
            }
            throw new BadImageException("its manifest names a part without size and SHA-256");
        }

        private static boolean isHex(String text) {
            for (int i = 0; i < text.length(); i++) {
                if ("0123456789abcdef".indexOf(text.charAt(i)) < 0) {
                    return false;
                }
            }
            return true;
        }

        String hex() {
            return digest.substring(SHA256.length());
        }
    }

    static ImageManifest parse(byte[] json) throws BadImageException {
        if (!(read(json, "manifest") instanceof Map<?, ?> manifest)
                || !(manifest.get("layers") instanceof List<?> layers)) {
            throw new BadImageException(
                    "its manifest has no layers: it is in Docker's old schema 1 format, or not an image");
        }
        if (layers.size() > MAX_LAYERS) {
            throw new BadImageException("it has more than " + MAX_LAYERS + " layers");
        }
        List<Blob> blobs = new ArrayList<>();
        for (Object layer : layers) {
            blobs.add(Blob.of(layer));
        }
        return new ImageManifest(Blob.of(manifest.get("config")), blobs);
    }

    static @Nullable Object read(byte[] json, String what) throws BadImageException {
        try {
            return JsonReader.read(new String(json, StandardCharsets.UTF_8));
        } catch (JsonReader.MalformedException e) {
            throw new BadImageException("its " + what + " is not JSON: " + e.getMessage());
        }
    }
}
