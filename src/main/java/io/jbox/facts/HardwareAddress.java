package io.jbox.facts;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Generates hardware addresses that are the same at every start, so that DHCP leases stay. */
public final class HardwareAddress {
    /** Locally administered, unicast. */
    private static final String ANY = "02:xx:xx:xx:xx:xx";

    private HardwareAddress() {}

    /**
     * Fills in the digits of a template.
     *
     * @param template six pairs of hex digits or x; null for any address
     * @param seed determines the address
     */
    public static String of(@Nullable String template, String seed) {
        long bits = hash(seed);
        StringBuilder out = new StringBuilder();
        String pattern = template == null ? ANY : template;
        for (int i = 0; i < pattern.length(); i++) {
            char c = Character.toLowerCase(pattern.charAt(i));
            if (c == 'x') {
                int digit = (int) (bits & 0xf);
                // The lowest bit of the second digit would make it a multicast address.
                out.append(Character.forDigit(i == 1 ? digit & 0xe : digit, 16));
                bits >>>= 4;
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    /** An address for the host's end of a veth: high, so that a bridge never adopts it. */
    public static String high(String seed) {
        return of("fe:xx:xx:xx:xx:xx", seed + " host");
    }

    /** 64-bit FNV-1a followed by splitmix64's finisher: not secret, but well spread. */
    public static long hash(String text) {
        long hash = 0xcbf29ce484222325L;
        for (byte part : text.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ part & 0xff) * 0x100000001b3L;
        }
        hash = (hash ^ hash >>> 30) * 0xbf58476d1ce4e5b9L;
        hash = (hash ^ hash >>> 27) * 0x94d049bb133111ebL;
        return hash ^ hash >>> 31;
    }

    /** The link-local IPv6 address that the kernel gives to an interface with a hardware address (RFC 4291, EUI-64). */
    public static byte[] linkLocal(byte[] hardware) {
        byte[] network = new byte[16];
        network[0] = (byte) 0xfe;
        network[1] = (byte) 0x80;
        return inNetwork(network, hardware);
    }

    /** The same in another /64 network. */
    public static byte[] inNetwork(byte[] network, byte[] hardware) {
        byte[] address = network.clone();
        System.arraycopy(hardware, 0, address, 8, 3);
        address[8] ^= 2;
        address[11] = (byte) 0xff;
        address[12] = (byte) 0xfe;
        System.arraycopy(hardware, 3, address, 13, 3);
        return address;
    }

    /** The six bytes of a complete address. */
    public static byte[] bytes(String text) {
        byte[] bytes = new byte[6];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) Integer.parseInt(text.substring(3 * i, 3 * i + 2), 16);
        }
        return bytes;
    }
}
