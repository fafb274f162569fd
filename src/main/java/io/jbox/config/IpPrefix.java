package io.jbox.config;

import org.jspecify.annotations.Nullable;

/**
 * An address with a prefix length, or {@code auto}.
 *
 * @param text the address as written; {@code auto} if one has to be chosen
 * @param family {@link #V4} or {@link #V6}
 * @param length of the prefix in bits
 * @param broadcast as written, if at all (IPv4 only)
 */
public record IpPrefix(
        String text, int family, int length, @Nullable String broadcast) {
    public static final int V4 = 4;
    public static final int V6 = 6;

    private static final String V4_PATTERN =
            "^(auto|([0-9]{1,3}\\.){3}[0-9]{1,3}(/[0-9]{1,3})?( +([0-9]{1,3}\\.){3}[0-9]{1,3})?)$";
    private static final String V6_PATTERN = "^(auto|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(/[0-9]{1,3})?)$";

    /** A pattern for editors; it does not check the ranges of numbers. */
    public static String pattern(int family) {
        return family == V4 ? V4_PATTERN : V6_PATTERN;
    }

    /**
     * Accepts {@code ADDRESS[/LENGTH]}, for IPv4 also with a broadcast address after a space, and {@code auto}.
     *
     * @param route whether it is the destination of a route, which is a host if it has no length. An address without a
     *     length belongs to the network of its class, an IPv6 address to a /64, as in LXC.
     */
    public static IpPrefix parse(String text, int family, boolean route) throws BadValueException {
        int most = family == V4 ? 32 : 128;
        if (text.equals("auto") && route) {
            throw new BadValueException("is not a destination");
        }
        if (text.equals("auto")) {
            return new IpPrefix(text, family, 0, null);
        }
        if (family == V4 && text.indexOf(':') >= 0) {
            throw new BadValueException("is an IPv6 address", "ipv6 has its own section");
        }
        if (family == V6 && text.indexOf('.') >= 0 && text.indexOf(':') < 0) {
            throw new BadValueException("is an IPv4 address", "ipv4 has its own section");
        }
        String rest = text;
        String broadcast = null;
        int space = rest.indexOf(' ');
        if (family == V4 && space > 0) {
            broadcast = rest.substring(space).trim();
            if (!isV4(broadcast)) {
                throw new BadValueException("has no valid broadcast address");
            }
            rest = rest.substring(0, space);
        }
        int length = -1;
        int slash = rest.indexOf('/');
        if (slash >= 0) {
            try {
                length = (int) Syntax.parseNumber(rest.substring(slash + 1), 0, most);
            } catch (BadValueException e) {
                throw new BadValueException("has a prefix length that is not from 0 to " + most);
            }
            rest = rest.substring(0, slash);
        }
        if (family == V4 ? !isV4(rest) : !isV6(rest)) {
            throw new BadValueException("is not an IPv" + family + " address");
        }
        if (length < 0) {
            length = route ? most : family == V6 ? 64 : classLength(rest);
        }
        return new IpPrefix(rest, family, length, broadcast);
    }

    private static int classLength(String address) {
        int first = Integer.parseInt(address.substring(0, address.indexOf('.')));
        return first < 128 ? 8 : first < 192 ? 16 : first < 224 ? 24 : 32;
    }

    /** Whether an address has to be chosen. */
    public boolean isAuto() {
        return text.equals("auto");
    }

    /** The address in network order: 4 or 16 bytes. */
    public byte[] bytes() {
        return IpAddress.parse(text);
    }

    /** The network of the address, such as {@code 10.0.4.0/24}. */
    public String network() {
        byte[] bytes = bytes();
        for (int bit = length; bit < 8 * bytes.length; bit++) {
            bytes[bit / 8] &= (byte) ~(0x80 >> bit % 8);
        }
        return IpAddress.format(bytes) + "/" + length;
    }

    /** Whether an address of the same family is in the network. */
    public boolean contains(byte[] address) {
        byte[] own = bytes();
        if (own.length != address.length) {
            return false;
        }
        for (int bit = 0; bit < length; bit++) {
            int mask = 0x80 >> bit % 8;
            if ((own[bit / 8] & mask) != (address[bit / 8] & mask)) {
                return false;
            }
        }
        return true;
    }

    /**
     * The broadcast address of an IPv4 network: the configured one, else the last address; null for two hosts or one.
     */
    public byte @Nullable [] broadcastBytes() {
        if (broadcast != null) {
            return IpAddress.parse(broadcast);
        }
        if (family == V6 || length > 30) {
            return null;
        }
        byte[] bytes = bytes();
        for (int bit = length; bit < 32; bit++) {
            bytes[bit / 8] |= (byte) (0x80 >> bit % 8);
        }
        return bytes;
    }

    private static boolean isV4(String text) {
        String[] parts = text.split("\\.", -1);
        if (parts.length != 4) {
            return false;
        }
        for (String part : parts) {
            if (part.isEmpty() || part.length() > 3 || part.length() > 1 && part.charAt(0) == '0') {
                return false;
            }
            for (int i = 0; i < part.length(); i++) {
                if (part.charAt(i) < '0' || part.charAt(i) > '9') {
                    return false;
                }
            }
            if (Integer.parseInt(part) > 255) {
                return false;
            }
        }
        return true;
    }

    private static boolean isV6(String text) {
        int gap = text.indexOf("::");
        if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) {
            return false;
        }
        int groups;
        if (gap < 0) {
            groups = groups(text);
            return groups == 8;
        }
        String before = text.substring(0, gap);
        String after = text.substring(gap + 2);
        int left = before.isEmpty() ? 0 : groups(before);
        int right = after.isEmpty() ? 0 : groups(after);
        return left >= 0 && right >= 0 && left + right <= 7 && before.indexOf('.') < 0;
    }

    /** The number of 16-bit groups in a text; very negative if it is invalid. */
    private static int groups(String text) {
        String[] parts = text.split(":", -1);
        int groups = 0;
        for (int i = 0; i < parts.length; i++) {
            if (i == parts.length - 1 && parts[i].indexOf('.') >= 0) {
                groups += isV4(parts[i]) ? 2 : -1000;
            } else if (isHex(parts[i])) {
                groups++;
            } else {
                return -1000;
            }
        }
        return groups;
    }

    private static boolean isHex(String part) {
        if (part.isEmpty() || part.length() > 4) {
            return false;
        }
        for (int i = 0; i < part.length(); i++) {
            char c = part.charAt(i);
            if (!(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F')) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        if (isAuto()) {
            return text;
        }
        return text + "/" + length + (broadcast == null ? "" : " " + broadcast);
    }
}
