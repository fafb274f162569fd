package io.jbox.netlink;

import io.jbox.uapi.Rtnl;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the attributes in received bytes. Truncated attributes, and those with an impossible length, are treated as
 * missing.
 */
public final class Attributes {
    private final byte[] bytes;
    private final int start;
    private final int end;

    /**
     * @param start of the first attribute
     * @param end after the last
     */
    public Attributes(byte[] bytes, int start, int end) {
        this.bytes = bytes;
        this.end = Math.max(0, Math.min(end, bytes.length));
        this.start = Math.max(0, Math.min(start, this.end));
    }

    /** The offset of an attribute's header, or -1. */
    private int find(int type) {
        for (int at = start; isWhole(at); at = next(at)) {
            if (type(at) == type) {
                return at;
            }
        }
        return -1;
    }

    /** The offset of an attribute's value, if that has so many bytes; else -1. */
    int valueAt(int type, int bytes) {
        int at = find(type);
        return at >= 0 && length(at) == MessageWriter.ATTRIBUTE_HEADER + bytes
                ? at + MessageWriter.ATTRIBUTE_HEADER
                : -1;
    }

    private boolean isWhole(int at) {
        return at >= 0
                && at <= end - MessageWriter.ATTRIBUTE_HEADER
                && length(at) >= MessageWriter.ATTRIBUTE_HEADER
                && length(at) <= end - at;
    }

    private int next(int at) {
        return at + (length(at) + 3 & ~3);
    }

    private int length(int at) {
        return u16(bytes, at);
    }

    private int type(int at) {
        return u16(bytes, at + 2) & Rtnl.NLA_TYPE_MASK;
    }

    public boolean has(int type) {
        return find(type) >= 0;
    }

    /** The value of an attribute; null if missing. */
    public byte @Nullable [] bytes(int type) {
        int at = find(type);
        return at < 0 ? null : Arrays.copyOfRange(bytes, at + MessageWriter.ATTRIBUTE_HEADER, at + length(at));
    }

    /** A 32-bit number. */
    public int u32(int type, int otherwise) {
        byte[] value = bytes(type);
        return value == null || value.length < Integer.BYTES ? otherwise : u32(value, 0);
    }

    /** A string without its NUL; empty if missing. */
    public String text(int type) {
        byte[] value = bytes(type);
        return value == null ? "" : text(value);
    }

    /** Nested attributes; none if missing. */
    public Attributes nested(int type) {
        int at = find(type);
        return at < 0
                ? new Attributes(bytes, 0, 0)
                : new Attributes(bytes, at + MessageWriter.ATTRIBUTE_HEADER, at + length(at));
    }

    /** The strings of all attributes of one type. */
    public List<String> texts(int type) {
        List<String> texts = new ArrayList<>();
        for (int at = start; isWhole(at); at = next(at)) {
            if (type(at) == type) {
                texts.add(text(Arrays.copyOfRange(bytes, at + MessageWriter.ATTRIBUTE_HEADER, at + length(at))));
            }
        }
        return texts;
    }

    /** The bytes of all attributes except some, for sending a message back. */
    public byte[] without(int... types) {
        byte[] kept = new byte[end - start + 3];
        int length = 0;
        for (int at = start; isWhole(at); at = next(at)) {
            boolean dropped = false;
            for (int type : types) {
                dropped |= type(at) == type;
            }
            if (!dropped) {
                System.arraycopy(bytes, at, kept, length, length(at));
                length += length(at) + 3 & ~3;
            }
        }
        return Arrays.copyOf(kept, Math.min(length, kept.length));
    }

    private static String text(byte[] value) {
        int length = 0;
        while (length < value.length && value[length] != 0) {
            length++;
        }
        return new String(value, 0, length, StandardCharsets.UTF_8);
    }

    static int u16(byte[] bytes, int at) {
        return bytes[at] & 0xff | (bytes[at + 1] & 0xff) << 8;
    }

    static int u32(byte[] bytes, int at) {
        return u16(bytes, at) | u16(bytes, at + 2) << 16;
    }

    static long u64(byte[] bytes, int at) {
        return u32(bytes, at) & 0xffff_ffffL | (long) u32(bytes, at + 4) << 32;
    }
}
