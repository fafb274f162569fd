package io.jbox.netlink;

import io.jbox.uapi.Rtnl;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Builds one request: header, fixed part, attributes, aligned as in netlink(7). Both supported processors are
 * little-endian.
 */
public final class MessageWriter {
    /** The size of struct nlmsghdr in bytes. */
    static final int HEADER = 16;

    static final int ATTRIBUTE_HEADER = 4;
    private static final int FLAGS = 6;
    private static final int SEQUENCE = 8;
    private static final int START = 256;

    private byte[] bytes = new byte[START];
    private int length = HEADER;

    /**
     * @param type RTM_NEWLINK and so on
     * @param flags NLM_F_REQUEST is added
     */
    public MessageWriter(int type, int flags) {
        putShort(4, type);
        putShort(FLAGS, flags | Rtnl.NLM_F_REQUEST);
    }

    /** Starts a message about links: struct ifinfomsg. */
    public static MessageWriter link(int type, int flags, int index) {
        return new MessageWriter(type, flags).u32(0).u32(index).u32(0).u32(0);
    }

    /** Appends to the fixed part. */
    public MessageWriter u8(int value) {
        int at = grow(1);
        bytes[at] = (byte) value;
        return this;
    }

    public MessageWriter u16(int value) {
        putShort(grow(2), value);
        return this;
    }

    public MessageWriter u32(long value) {
        putInt(grow(4), value);
        return this;
    }

    public MessageWriter raw(byte[] value) {
        int at = grow(value.length);
        System.arraycopy(value, 0, bytes, at, value.length);
        return this;
    }

    /** Appends an attribute. */
    public MessageWriter attribute(int type, byte[] value) {
        int start = begin(type);
        raw(value);
        return end(start);
    }

    public MessageWriter attribute32(int type, long value) {
        int start = begin(type);
        u32(value);
        return end(start);
    }

    /** Appends a string with its NUL. */
    public MessageWriter attribute(int type, String value) {
        int start = begin(type);
        raw(value.getBytes(StandardCharsets.UTF_8)).u8(0);
        return end(start);
    }

    /** Begins an attribute, nested or plain; returns the argument for {@link #end}. */
    public int begin(int type) {
        align();
        int start = grow(ATTRIBUTE_HEADER);
        putShort(start + 2, type);
        return start;
    }

    /** Ends the attribute that began there. */
    public MessageWriter end(int start) {
        int size = length - start;
        if (size > 0xffff) {
            throw new IllegalArgumentException("an attribute of " + size + " bytes");
        }
        putShort(start, size);
        align();
        return this;
    }

    /** How many bytes it has so far. */
    public int length() {
        return length;
    }

    /** The message, for a sender that does not wait for an answer. */
    public byte[] toBytes() {
        return bytes(0, 0);
    }

    /** The message as it is sent. */
    byte[] bytes(int sequence, int moreFlags) {
        align();
        putInt(0, length);
        putShort(FLAGS, bytes[FLAGS] & 0xff | (bytes[FLAGS + 1] & 0xff) << 8 | moreFlags);
        putInt(SEQUENCE, sequence);
        return Arrays.copyOf(bytes, length);
    }

    private void align() {
        grow(-length & 3);
    }

    /** Makes room; returns its start. */
    private int grow(int more) {
        int start = length;
        if (start + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, start + more));
        }
        length += more;
        return start;
    }

    private void putShort(int at, int value) {
        bytes[at] = (byte) value;
        bytes[at + 1] = (byte) (value >> 8);
    }

    private void putInt(int at, long value) {
        putShort(at, (int) value);
        putShort(at + 2, (int) (value >> 16));
    }
}
