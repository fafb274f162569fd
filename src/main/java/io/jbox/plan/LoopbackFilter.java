package io.jbox.plan;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What a box may send through {@code type: user}: ARP, and IPv4 to where the host's loopback is not. The packets of a box go
 * out as connections of the host's own, and there 127.0.0.0/8 and 0.0.0.0/8 (ip(7), INADDR_ANY) are the host itself. A
 * program of classic BPF for frames of Ethernet, for {@code TUNATTACHFILTER}.
 */
final class LoopbackFilter {
    private static final int INSTRUCTION = 8;

    private static final int LOAD_HALF_WORD = 0x28;
    private static final int LOAD_BYTE = 0x30;
    private static final int JUMP_EQUAL = 0x15;
    private static final int RETURN = 0x06;

    private static final int ETHER_TYPE = 12;
    private static final int ARP = 0x0806;
    private static final int IPV4 = 0x0800;
    /** The first byte of where a packet goes: behind 14 bytes of Ethernet, 16 of IPv4. */
    private static final int DESTINATION = 30;

    private static final int LOOPBACK = 127;
    private static final int THIS_HOST = 0;
    private static final int WHOLE_FRAME = -1;
    private static final int DROP = 0;

    private LoopbackFilter() {}

    static Arg.Filter filter() {
        int[][] program = {
            {LOAD_HALF_WORD, 0, 0, ETHER_TYPE},
            {JUMP_EQUAL, 4, 0, ARP},
            {JUMP_EQUAL, 0, 4, IPV4},
            {LOAD_BYTE, 0, 0, DESTINATION},
            {JUMP_EQUAL, 2, 0, LOOPBACK},
            {JUMP_EQUAL, 1, 0, THIS_HOST},
            {RETURN, 0, 0, WHOLE_FRAME},
            {RETURN, 0, 0, DROP},
        };
        ByteBuffer bytes = ByteBuffer.allocate(program.length * INSTRUCTION).order(ByteOrder.LITTLE_ENDIAN);
        for (int[] instruction : program) {
            bytes.putShort((short) instruction[0])
                    .put((byte) instruction[1])
                    .put((byte) instruction[2])
                    .putInt(instruction[3]);
        }
        return new Arg.Filter("ARP and IPv4, but nothing to 127.0.0.0/8 and 0.0.0.0/8", bytes.array());
    }
}
