package io.jbox.image;

import io.jbox.problem.RawText;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** One header block of a tar archive: 512 bytes with fields of fixed length (tar(5)). */
final class TarHeader {
    static final int BLOCK = 512;

    private static final int NAME = 100;
    private static final int CHECKSUM = 148;
    private static final int CHECKSUM_LENGTH = 8;
    static final int TYPE = 156;
    private static final int MAGIC = 257;
    private static final int PREFIX = 345;
    private static final int PREFIX_LENGTH = 155;
    private static final int CONTINUED = 482;

    private final byte[] block;

    private TarHeader(byte[] block) {
        this.block = block;
    }

    /**
     * @param block 512 bytes
     * @throws BadImageException if it is no header
     */
    static TarHeader of(byte[] block) throws BadImageException {
        TarHeader header = new TarHeader(block);
        if (sum(block) != header.number(CHECKSUM, CHECKSUM_LENGTH)) {
            throw new BadImageException("it is not a tar archive, or a damaged one (a header's checksum differs)");
        }
        return header;
    }

    private static long sum(byte[] block) {
        long sum = 0;
        for (int i = 0; i < BLOCK; i++) {
            sum += i >= CHECKSUM && i < CHECKSUM + CHECKSUM_LENGTH ? ' ' : block[i] & 0xff;
        }
        return sum;
    }

    /** The same block, with its checksum: six octal digits, NUL and space. */
    static byte[] sealed(byte[] block) {
        String digits = Long.toOctalString(sum(block));
        byte[] text = ("0".repeat(6 - digits.length()) + digits + "\0 ").getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, block, CHECKSUM, CHECKSUM_LENGTH);
        return block;
    }

    /** Whether there are only zeros, as in the block that ends an archive. */
    static boolean isZero(byte[] block) {
        for (byte b : block) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    char type() {
        return (char) block[TYPE];
    }

    /** Whether a map of a sparse file in GNU's old format goes on in the next block. */
    boolean isContinued() {
        return block[CONTINUED] != 0;
    }

    String name() {
        String name = text(0, NAME);
        boolean ustar = block[MAGIC] == 'u' && block[MAGIC + 5] == 0;
        String prefix = ustar ? text(PREFIX, PREFIX_LENGTH) : "";
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    String target() {
        return text(157, NAME);
    }

    int mode() throws BadImageException {
        return (int) number(100, 8) & 07777;
    }

    long uid() throws BadImageException {
        return number(108, 8);
    }

    long gid() throws BadImageException {
        return number(116, 8);
    }

    long size() throws BadImageException {
        return number(124, 12);
    }

    long mtime() throws BadImageException {
        return number(136, 12);
    }

    int major() throws BadImageException {
        return (int) number(329, 8);
    }

    int minor() throws BadImageException {
        return (int) number(337, 8);
    }

    private String text(int offset, int length) {
        int end = offset;
        while (end < offset + length && block[end] != 0) {
            end++;
        }
        return RawText.decode(Arrays.copyOfRange(block, offset, end));
    }

    /** Octal digits, or GNU's base 256 for what has no room in them. */
    long number(int offset, int length) throws BadImageException {
        return number(block, offset, length);
    }

    static long number(byte[] bytes, int offset, int length) throws BadImageException {
        if ((bytes[offset] & 0x80) != 0) {
            return base256(bytes, offset, length);
        }
        int at = offset;
        int end = offset + length;
        while (at < end && bytes[at] == ' ') {
            at++;
        }
        long value = 0;
        for (; at < end && bytes[at] != 0 && bytes[at] != ' '; at++) {
            if (bytes[at] < '0' || bytes[at] > '7') {
                throw new BadImageException("a header of the tar archive has an invalid number");
            }
            value = value << 3 | bytes[at] - '0';
        }
        return value;
    }

    private static long base256(byte[] bytes, int offset, int length) throws BadImageException {
        boolean negative = (bytes[offset] & 0x40) != 0;
        long value = negative ? -1 : 0;
        for (int i = 0; i < length; i++) {
            int b = i == 0 ? negative ? bytes[offset] | 0x80 : bytes[offset] & 0x7f : bytes[offset + i];
            if (value >> 55 != (negative ? -1 : 0)) {
                throw new BadImageException("a header of the tar archive has a number of more than 64 bits");
            }
            value = value << 8 | b & 0xff;
        }
        return value;
    }
}
