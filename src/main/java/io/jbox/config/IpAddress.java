package io.jbox.config;

/** Converts IP addresses between text and bytes in network order. */
public final class IpAddress {
    private static final int V6_GROUPS = 8;

    private IpAddress() {}

    /**
     * @param text a valid IPv4 or IPv6 address, RFC 4291 section 2.2
     * @return 4 or 16 bytes
     */
    public static byte[] parse(String text) {
        return text.indexOf(':') < 0 ? parseV4(text) : parseV6(text);
    }

    private static byte[] parseV4(String text) {
        byte[] bytes = new byte[4];
        int index = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '.') {
                index++;
            } else {
                bytes[index] = (byte) ((bytes[index] & 0xff) * 10 + c - '0');
            }
        }
        return bytes;
    }

    private static byte[] parseV6(String text) {
        byte[] bytes = new byte[2 * V6_GROUPS];
        int gap = text.indexOf("::");
        if (gap < 0) {
            fill(text, bytes, 0);
        } else {
            fill(text.substring(0, gap), bytes, 0);
            String after = text.substring(gap + 2);
            fill(after, bytes, bytes.length - length(after));
        }
        return bytes;
    }

    private static int length(String groups) {
        int length = groups.isEmpty() ? 0 : 2;
        for (int i = 0; i < groups.length(); i++) {
            length += groups.charAt(i) == ':' ? 2 : 0;
        }
        return groups.indexOf('.') < 0 ? length : length + 2;
    }

    private static void fill(String groups, byte[] bytes, int offset) {
        int at = offset;
        int start = 0;
        while (start < groups.length()) {
            int colon = groups.indexOf(':', start);
            String group = groups.substring(start, colon < 0 ? groups.length() : colon);
            if (group.indexOf('.') >= 0) {
                System.arraycopy(parseV4(group), 0, bytes, at, 4);
            } else {
                int number = Integer.parseInt(group, 16);
                bytes[at++] = (byte) (number >> 8);
                bytes[at++] = (byte) number;
            }
            start = colon < 0 ? groups.length() : colon + 1;
        }
    }

    /** @param bytes 4 or 16, in network order; IPv6 is formatted as in RFC 5952 */
    public static String format(byte[] bytes) {
        if (bytes.length == 4) {
            return (bytes[0] & 0xff) + "." + (bytes[1] & 0xff) + "." + (bytes[2] & 0xff) + "." + (bytes[3] & 0xff);
        }
        int[] groups = new int[V6_GROUPS];
        int bestStart = -1;
        int bestLength = 1;
        int run = 0;
        for (int i = 0; i < V6_GROUPS; i++) {
            groups[i] = (bytes[2 * i] & 0xff) << 8 | bytes[2 * i + 1] & 0xff;
            run = groups[i] == 0 ? run + 1 : 0;
            if (run > bestLength) {
                bestLength = run;
                bestStart = i - run + 1;
            }
        }
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < V6_GROUPS; i++) {
            if (i == bestStart) {
                out.append("::");
                i += bestLength - 1;
            } else {
                out.append(out.isEmpty() || out.charAt(out.length() - 1) == ':' ? "" : ":");
                out.append(Integer.toHexString(groups[i]));
            }
        }
        return out.toString();
    }
}
