package io.jbox.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@link LoopbackFilter}, run as the kernel runs it. */
class LoopbackFilterTest {
    private static final int MAC = 12;
    private static final int TO_DESTINATION = 16;

    @ParameterizedTest
    @CsvSource({
        "0800, 0a000202, true",
        "0800, c0000207, true",
        "0800, 7e000001, true",
        "0800, 80000001, true",
        "0800, 01020304, true",
        "0800, ffffffff, true",
        "0806, 7f000001, true",
        "0800, 7f000001, false",
        "0800, 7fffffff, false",
        "0800, 00000000, false",
        "0800, 00010203, false",
        "86dd, 0a000202, false",
        "8100, 0a000202, false",
        "88a8, 0a000202, false",
        "0000, 0a000202, false",
        "0800, '', false",
    })
    void letsThroughWhatIsNotForALoopback(String type, String destination, boolean through) {
        ByteBuffer frame = ByteBuffer.allocate(MAC + 2 + TO_DESTINATION + destination.length() / 2);
        frame.put(MAC, HexFormat.of().parseHex(type));
        frame.put(MAC + 2 + TO_DESTINATION, HexFormat.of().parseHex(destination));

        assertThat(run(frame) != 0).isEqualTo(through);
    }

    /** Classic BPF (Documentation/networking/filter.rst), as far as the program goes; what reads behind the frame drops it. */
    private static int run(ByteBuffer frame) {
        ByteBuffer program = ByteBuffer.wrap(LoopbackFilter.filter().program()).order(ByteOrder.LITTLE_ENDIAN);
        int accumulator = 0;
        while (true) {
            int code = program.getShort();
            int ifTrue = program.get() & 0xff;
            int ifFalse = program.get() & 0xff;
            int k = program.getInt();
            switch (code) {
                case 0x28, 0x30 -> {
                    int size = code == 0x28 ? 2 : 1;
                    if (k + size > frame.limit()) {
                        return 0;
                    }
                    accumulator = size == 2 ? frame.getShort(k) & 0xffff : frame.get(k) & 0xff;
                }
                case 0x15 -> program.position(program.position() + 8 * (accumulator == k ? ifTrue : ifFalse));
                case 0x06 -> {
                    return k;
                }
                default -> throw new IllegalArgumentException("instruction " + code);
            }
        }
    }
}
