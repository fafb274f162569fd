package io.jbox.config;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The name of an image, which says where it comes from.
 *
 * @param transport where it is kept (containers-transports(5))
 * @param where a registry's repository, as {@code docker.io/library/alpine}, or the path of a folder or file
 * @param tag selects one of the images there; empty for the only one
 * @param digest {@code sha256:…} of its manifest; null for the image that has the tag
 */
public record ImageName(
        Transport transport,
        String where,
        String tag,
        @Nullable String digest) {
    private static final String DIGEST = "@sha256:";
    private static final int HEX = 64;
    private static final String HUB = "docker.io";

    /** Where images are kept. */
    public enum Transport {
        REGISTRY("docker://"),
        OCI("oci:"),
        OCI_ARCHIVE("oci-archive:"),
        DOCKER_ARCHIVE("docker-archive:"),
        /** The store itself, for images that were made here. */
        STORE("store:"),
        /** The packages of a Debian archive; where is a {@link DebianRecipe}. */
        DEBIAN("deb:"),
        /** The store itself, for what {@link TreeSteps} have made of another image; where is a hash of these. */
        STEPS("steps:");

        private final String prefix;

        Transport(String prefix) {
            this.prefix = prefix;
        }
    }

    /**
     * Accepts {@code [docker://]NAME[:TAG][@DIGEST]}, {@code oci:DIR[:TAG]}, {@code oci-archive:FILE}, {@code docker-archive:FILE}
     * {@code store:NAME}, and {@code deb:SUITE[?SETTINGS]}.
     */
    public static ImageName parse(String text) throws BadValueException {
        Transport transport = Transport.REGISTRY;
        String rest = text;
        for (Transport known : Transport.values()) {
            if (text.startsWith(known.prefix)) {
                transport = known;
                rest = text.substring(known.prefix.length());
            }
        }
        String digest = null;
        int at = rest.indexOf(DIGEST);
        if (at >= 0) {
            digest = rest.substring(at + 1);
            rest = rest.substring(0, at);
            if (!isHex(digest.substring(DIGEST.length() - 1))) {
                throw new BadValueException("has a digest that is not sha256: and 64 hexadecimal digits");
            }
        }
        if (transport == Transport.DEBIAN) {
            return new ImageName(transport, DebianRecipe.parse(rest).text(), "", digest);
        }
        if (transport == Transport.STEPS) {
            Syntax.require(digest == null && isHex(rest), "is not steps: and 64 hexadecimal digits");
            return new ImageName(transport, rest, "", null);
        }
        // The tag of a docker-archive is the whole name of an image in it.
        boolean archive = transport == Transport.DOCKER_ARCHIVE;
        int colon = archive ? rest.indexOf(':') : rest.lastIndexOf(':');
        boolean tagged = archive ? colon >= 0 : colon > rest.lastIndexOf('/');
        String tag = tagged ? rest.substring(colon + 1) : "";
        String where = tagged ? rest.substring(0, colon) : rest;
        for (int i = 0; i < where.length(); i++) {
            if (Character.isISOControl(where.charAt(i))) {
                throw new BadValueException("has a control character in it");
            }
        }
        if (where.isEmpty() || tagged && !isTag(tag, archive)) {
            throw new BadValueException("is not NAME[:TAG], oci:DIR[:TAG], docker-archive:FILE or store:NAME");
        }
        if (transport == Transport.STORE && (tagged || !Syntax.isBoxName(where))) {
            throw new BadValueException("is not store:NAME", "names are like those of boxes");
        }
        if (transport != Transport.REGISTRY) {
            return new ImageName(transport, where, tag, digest);
        }
        if (where.startsWith("/") || where.startsWith(".")) {
            throw new BadValueException("is a path, not the name of an image", "oci:" + where + " for a folder");
        }
        where = whole(where);
        if (!isRepository(where)) {
            throw new BadValueException(
                    "is not the name of an image", "names are in lower case, as docker.io/library/alpine:3.20");
        }
        return new ImageName(transport, where, digest == null && tag.isEmpty() ? "latest" : tag, digest);
    }

    /** The image that is made of packages. */
    public static ImageName of(DebianRecipe recipe) {
        return new ImageName(Transport.DEBIAN, recipe.text(), "", null);
    }

    /** Completes a name as docker does: without a registry it means docker.io, and without an owner there library. */
    private static String whole(String name) {
        int slash = name.indexOf('/');
        String first = slash < 0 ? "" : name.substring(0, slash);
        if (first.equals(HUB) && name.indexOf('/', slash + 1) < 0) {
            return HUB + "/library" + name.substring(slash);
        }
        if (first.indexOf('.') >= 0 || first.indexOf(':') >= 0 || first.equals("localhost")) {
            return name;
        }
        return HUB + (slash < 0 ? "/library/" : "/") + name;
    }

    private static boolean isRepository(String name) {
        for (String part : name.split("/", -1)) {
            if (part.isEmpty()) {
                return false;
            }
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean registry = i < name.indexOf('/');
            if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && "._-/".indexOf(c) < 0 && !(registry && c == ':')) {
                return false;
            }
        }
        return name.indexOf('/') > 0;
    }

    private static boolean isTag(String tag, boolean wholeName) {
        for (int i = 0; i < tag.length(); i++) {
            char c = tag.charAt(i);
            if (!(c >= '0' && c <= '9'
                    || c >= 'a' && c <= 'z'
                    || c >= 'A' && c <= 'Z'
                    || "._-".indexOf(c) >= 0
                    || wholeName && (c == ':' || c == '/'))) {
                return false;
            }
        }
        return !tag.isEmpty() && tag.length() <= 128;
    }

    /** Whether a text is a SHA-256 in hexadecimal digits. */
    static boolean isHex(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.digit(text.charAt(i), 16) < 0) {
                return false;
            }
        }
        return text.length() == HEX && text.equals(text.toLowerCase(Locale.ROOT));
    }

    /** The same with its path in another form. */
    public ImageName at(String path) {
        return new ImageName(transport, path, tag, digest);
    }

    /** Whether another name is of the same repository, folder or file. */
    public boolean isOfSameOrigin(String other) {
        try {
            ImageName parsed = parse(other);
            return parsed.transport == transport && parsed.where.equals(where);
        } catch (BadValueException e) {
            return false;
        }
    }

    /** The same, with the digest of what it must be. */
    public ImageName pinned(String manifest) {
        return new ImageName(transport, where, tag, manifest);
    }

    /** Whether it is in files of the host, so that a change can be noticed. */
    public boolean isLocal() {
        return switch (transport) {
            case OCI, OCI_ARCHIVE, DOCKER_ARCHIVE -> true;
            case REGISTRY, STORE, DEBIAN, STEPS -> false;
        };
    }

    /** Whether it is in a host folder (oci:). */
    public boolean isFolder() {
        return transport == Transport.OCI;
    }

    /** Whether a name belongs to an image made by steps. */
    public static boolean isOfSteps(String name) {
        return name.startsWith(Transport.STEPS.prefix);
    }

    /** Whether it was made here from a box, and cannot be fetched from anywhere. */
    public boolean isMadeHere() {
        return transport == Transport.STORE || transport == Transport.STEPS;
    }

    /** Whether it is made of packages. */
    public boolean isDebian() {
        return transport == Transport.DEBIAN;
    }

    /** What a Debian root file system is made of. */
    public DebianRecipe recipe() {
        try {
            return DebianRecipe.parse(where);
        } catch (BadValueException e) {
            throw new IllegalStateException(where + " " + e.getMessage(), e);
        }
    }

    /** The configuration key for such a name. */
    public String key() {
        return isDebian() ? "rootfs.debian" : "rootfs.image";
    }

    /** The file that changes whenever the image does; for an image in the host's own files. */
    public String file() {
        return transport == Transport.OCI ? where + "/index.json" : where;
    }

    /** The name in the form that skopeo(1) takes. */
    public String source() {
        String chosen =
                transport == Transport.REGISTRY && digest != null ? "@" + digest : tag.isEmpty() ? "" : ":" + tag;
        return transport.prefix + where + chosen;
    }

    /** The default name of a box with this image. */
    public String shortName() {
        StringBuilder name = new StringBuilder();
        String last = isDebian() ? recipe().suite() : where.substring(where.lastIndexOf('/') + 1);
        for (int i = 0; i < last.length(); i++) {
            char c = last.charAt(i);
            boolean plain = c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
            name.append(plain || c == '-' || c == '_' ? c : '-');
        }
        String made = name.toString();
        return Syntax.isBoxName(made) ? made : "image";
    }

    /** The full name. */
    @Override
    public String toString() {
        List<String> parts = List.of(
                transport == Transport.REGISTRY ? "" : transport.prefix,
                where,
                tag.isEmpty() ? "" : ":" + tag,
                digest == null ? "" : "@" + digest);
        return String.join("", parts);
    }
}
