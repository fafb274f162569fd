package io.jbox.compile;

import io.jbox.program.Arg;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What a cell of a program holds, for a program that goes on with it. */
public record CellContent(Arg.Cell cell, byte[] bytes) {
    /** A number, as both supported processors write it. */
    public static CellContent of(Arg.Cell cell, long number) {
        byte[] bytes = ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(number)
                .array();
        return new CellContent(cell, bytes);
    }

    /** The number in the first 8 bytes. */
    public long number() {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }
}
