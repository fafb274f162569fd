package io.jbox.image;

import io.jbox.problem.RawText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Writes a tar archive (POSIX.1-2017 pax): the same bytes for the same files. Extended attributes are records
 * {@code SCHILY.xattr.NAME}, as GNU tar, star and OCI images have them.
 */
final class TarWriter {
    private static final int PIECE = 64 * 1024;
    private static final int NAME = 100;
    private static final int MODE = 100;
    /** The largest number in seven octal digits, and in eleven. */
    private static final long MOST_ID = 07777777L;

    private static final long MOST_SIZE = 077777777777L;
    private static final int END_BLOCKS = 2;
    private static final String RECORDS = "./PaxHeaders/";

    private final OutputStream out;

    /** @param out not closed */
    TarWriter(OutputStream out) {
        this.out = out;
    }

    /** Writes files. */
    void add(Archive files) throws IOException, BadImageException {
        for (TarEntry entry = files.next(); entry != null; entry = files.next()) {
            write(entry, entry.name().equals(".") ? "./" : entry.name());
            copy(files, entry.stored());
        }
    }

    /** Writes a text file that belongs to root. */
    void add(String name, String text) throws IOException {
        byte[] content = text.getBytes(StandardCharsets.UTF_8);
        write(new TarEntry(name, "", TarEntry.Type.FILE, 0644, 0, 0, 0, content.length, 0, 0, Map.of(), null), name);
        out.write(content);
        out.write(padding(content.length));
    }

    /** Writes the end of the archive. */
    void finish() throws IOException {
        out.write(new byte[END_BLOCKS * TarHeader.BLOCK]);
        out.flush();
    }

    private static byte[] padding(long size) {
        return new byte[(int) (-size & TarHeader.BLOCK - 1)];
    }

    private void copy(Archive files, long size) throws IOException, BadImageException {
        for (long written = 0; written < size; ) {
            byte[] piece = files.read(PIECE);
            if (piece.length == 0) {
                throw new BadImageException("a file has less content than was said of it");
            }
            out.write(piece);
            written += piece.length;
        }
        out.write(padding(size));
    }

    private void write(TarEntry entry, String name) throws IOException {
        boolean folder = entry.type() == TarEntry.Type.FOLDER;
        byte[] path = RawText.encode(folder && !name.endsWith("/") ? name + "/" : name);
        byte[] target = RawText.encode(entry.target());
        ByteArrayOutputStream records = new ByteArrayOutputStream();
        if (path.length > NAME) {
            record(records, "path", path);
        }
        if (target.length > NAME) {
            record(records, "linkpath", target);
        }
        record(records, "uid", entry.uid(), MOST_ID);
        record(records, "gid", entry.gid(), MOST_ID);
        byte[] map = map(entry);
        long stored = map.length + entry.stored();
        if (map.length > 0) {
            record(records, "GNU.sparse.major", "1");
            record(records, "GNU.sparse.minor", "0");
            record(records, "GNU.sparse.name", path);
            record(records, "GNU.sparse.realsize", Long.toString(entry.size()));
        }
        record(records, "size", stored, MOST_SIZE);
        record(records, "mtime", entry.mtime(), MOST_SIZE);
        for (Map.Entry<String, byte[]> attribute : entry.attributes().entrySet()) {
            record(records, PaxRecords.ATTRIBUTE + attribute.getKey(), attribute.getValue());
        }
        if (records.size() > 0) {
            byte[] header = new Header()
                    .text(0, NAME, RawText.encode(RECORDS))
                    .number(MODE, 8, 0644)
                    .number(124, 12, records.size())
                    .type('x')
                    .bytes();
            out.write(header);
            records.writeTo(out);
            out.write(padding(records.size()));
        }
        boolean device = entry.type() == TarEntry.Type.CHARACTER_DEVICE || entry.type() == TarEntry.Type.BLOCK_DEVICE;
        Header header = new Header()
                .text(0, NAME, path)
                .number(MODE, 8, entry.mode())
                .number(108, 8, Math.min(entry.uid(), MOST_ID))
                .number(116, 8, Math.min(entry.gid(), MOST_ID))
                .number(124, 12, Math.min(stored, MOST_SIZE))
                .number(136, 12, Math.max(0, Math.min(entry.mtime(), MOST_SIZE)))
                .text(157, NAME, target)
                .type(type(entry.type()));
        if (device) {
            header.number(329, 8, entry.major()).number(337, 8, entry.minor());
        }
        out.write(header.bytes());
        out.write(map);
    }

    /**
     * The map before the content of a sparse file (GNU tar, format 1.0): the offsets of its pieces, in whole blocks.
     */
    private static byte[] map(TarEntry entry) {
        List<TarEntry.Segment> segments = entry.segments();
        if (segments == null) {
            return new byte[0];
        }
        List<TarEntry.Segment> all = new ArrayList<>(segments);
        // GNU tar takes the file's size from the end of the last piece.
        all.add(new TarEntry.Segment(entry.size(), 0));
        StringBuilder text = new StringBuilder().append(all.size()).append('\n');
        for (TarEntry.Segment segment : all) {
            text.append(segment.offset()).append('\n').append(segment.length()).append('\n');
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.US_ASCII);
        return Arrays.copyOf(bytes, bytes.length + padding(bytes.length).length);
    }

    private static char type(TarEntry.Type type) {
        return switch (type) {
            case FILE -> '0';
            case HARD_LINK -> '1';
            case SYMBOLIC_LINK -> '2';
            case CHARACTER_DEVICE -> '3';
            case BLOCK_DEVICE -> '4';
            case FOLDER -> '5';
            case FIFO -> '6';
        };
    }

    /** Writes a number that has no room in the header. */
    private static void record(ByteArrayOutputStream records, String keyword, long value, long most) {
        if (value < 0 || value > most) {
            record(records, keyword, Long.toString(value).getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static void record(ByteArrayOutputStream records, String keyword, String value) {
        record(records, keyword, value.getBytes(StandardCharsets.US_ASCII));
    }

    /** Its length counts its own digits. */
    private static void record(ByteArrayOutputStream records, String keyword, byte[] value) {
        byte[] key = RawText.encode(keyword);
        int rest = key.length + value.length + 3;
        int length = rest + 1;
        while (rest + Integer.toString(length).length() != length) {
            length++;
        }
        records.writeBytes((length + " ").getBytes(StandardCharsets.US_ASCII));
        records.writeBytes(key);
        records.write('=');
        records.writeBytes(value);
        records.write('\n');
    }

    /** One block. */
    private static final class Header {
        private final byte[] block = new byte[TarHeader.BLOCK];

        Header() {
            text(257, 8, "ustar\00000".getBytes(StandardCharsets.US_ASCII));
        }

        /** Writes a text. A text that is too long is cut: a pax record contains all of it. */
        Header text(int offset, int length, byte[] text) {
            System.arraycopy(text, 0, block, offset, Math.min(length, text.length));
            return this;
        }

        Header number(int offset, int length, long value) {
            String digits = Long.toOctalString(value);
            String padded = "0".repeat(length - 1 - digits.length()) + digits;
            return text(offset, length, padded.getBytes(StandardCharsets.US_ASCII));
        }

        Header type(char type) {
            block[TarHeader.TYPE] = (byte) type;
            return this;
        }

        byte[] bytes() {
            return TarHeader.sealed(block);
        }
    }
}
