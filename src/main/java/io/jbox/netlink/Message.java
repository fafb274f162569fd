package io.jbox.netlink;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A received netlink message.
 *
 * @param payload what follows the header
 */
public record Message(int type, int flags, int sequence, byte[] payload) {
    /**
     * Parses the complete messages of a datagram.
     *
     * @param length of the datagram in bytes
     */
    static List<Message> parse(byte[] bytes, int length) {
        List<Message> messages = new ArrayList<>();
        int end = Math.min(length, bytes.length);
        int at = 0;
        while (at <= end - MessageWriter.HEADER) {
            int size = Attributes.u32(bytes, at);
            if (size < MessageWriter.HEADER || size > end - at) {
                break;
            }
            messages.add(new Message(
                    Attributes.u16(bytes, at + 4),
                    Attributes.u16(bytes, at + 6),
                    Attributes.u32(bytes, at + 8),
                    Arrays.copyOfRange(bytes, at + MessageWriter.HEADER, at + size)));
            at += size + 3 & ~3;
        }
        return messages;
    }

    /** The attributes after the fixed part. */
    public Attributes attributes(int fixed) {
        return new Attributes(payload, fixed, payload.length);
    }
}
