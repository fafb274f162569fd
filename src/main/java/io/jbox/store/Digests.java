package io.jbox.store;

/** Checks hashes of content, which become file names. */
final class Digests {
    private static final String SHA256 = "sha256:";
    private static final int HEX = 64;

    private Digests() {}

    /** Whether a text is {@code sha256:} and 64 hexadecimal digits. */
    static boolean isManifest(String text) {
        return text.startsWith(SHA256) && isTree(text.substring(SHA256.length()));
    }

    /** Whether a text is 64 hexadecimal digits. */
    static boolean isTree(String text) {
        for (int i = 0; i < text.length(); i++) {
            if ("0123456789abcdef".indexOf(text.charAt(i)) < 0) {
                return false;
            }
        }
        return text.length() == HEX;
    }
}
