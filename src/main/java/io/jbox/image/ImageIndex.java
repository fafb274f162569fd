package io.jbox.image;

import io.jbox.config.ImageName;
import io.jbox.number.Sha256;
import io.jbox.problem.JboxException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A registry's list of an image's platforms (OCI image-spec, image-index.md; Docker's manifest list). */
public final class ImageIndex {
    private static final int MOST = 4 << 20;

    private ImageIndex() {}

    /**
     * Asks the registry.
     *
     * @return the list's digest; null where the name stands for an image of one platform, or for a file
     * @throws JboxException if the registry cannot be asked
     */
    public static @Nullable String digest(ImageName name) {
        if (name.isLocal() || name.isMadeHere() || name.isDebian()) {
            return null;
        }
        byte[] raw = Skopeo.inspect(name, MOST);
        try {
            boolean list = ImageManifest.read(raw, "manifest") instanceof Map<?, ?> map && map.containsKey("manifests");
            return list ? "sha256:" + Sha256.of(raw) : null;
        } catch (BadImageException e) {
            throw new JboxException(name + ": " + e.getMessage());
        }
    }
}
