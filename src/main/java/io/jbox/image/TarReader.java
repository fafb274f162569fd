package io.jbox.image;

import io.jbox.problem.RawText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads a tar archive file by file: ustar, pax and GNU's extensions (tar(5)), sparse files included.
 *
 * <p>jbox has its own reader because Java's libraries decode pax headers as UTF-8, which damages file capabilities and
 * names that are not UTF-8.
 */
final class TarReader implements Archive {
    /** Of a pax header or a long name; the kernel takes names of 4096 and attributes of 65,536 bytes. */
    private static final int MAX_HEADER = 1 << 20;
    /** The maximum size of records for all files, of which each file gets a copy. */
    private static final int MAX_GLOBAL = 1 << 14;
    /** Of a sparse file. */
    private static final int MAX_SEGMENTS = 1 << 20;

    private static final int OLD_SEGMENTS = 4;
    private static final int MORE_SEGMENTS = 21;
    private static final int SEGMENT = 24;

    private final InputStream in;
    private PaxRecords global = PaxRecords.NONE;
    /** Content of the current file that has not been read. */
    private long left;
    /** What follows it to fill the last block. */
    private int padding;

    TarReader(InputStream in) {
        this.in = in;
    }

    /** Properties of a file from headers before its own. */
    private static final class Extras {
        private PaxRecords pax = PaxRecords.NONE;
        private @Nullable String name;
        private @Nullable String target;
    }

    @Override
    public @Nullable TarEntry next() throws IOException, BadImageException {
        in.skipNBytes(left + padding);
        left = 0;
        padding = 0;
        Extras extras = new Extras();
        while (true) {
            byte[] block = in.readNBytes(TarHeader.BLOCK);
            if (block.length == 0 || block.length == TarHeader.BLOCK && TarHeader.isZero(block)) {
                return null;
            }
            TarHeader header = TarHeader.of(whole(block));
            char type = header.type();
            switch (type) {
                case 'x' -> extras.pax = PaxRecords.parse(extra(header));
                case 'g' ->
                    global = PaxRecords.parse(extra(header)).over(global).bounded(MAX_GLOBAL);
                case 'L' -> extras.name = name(extra(header));
                case 'K' -> extras.target = name(extra(header));
                default -> {
                    return entry(header, extras);
                }
            }
        }
    }

    private static byte[] whole(byte[] block) throws BadImageException {
        if (block.length < TarHeader.BLOCK) {
            throw new BadImageException("the tar archive ends within a file");
        }
        return block;
    }

    private static String name(byte[] bytes) {
        int length = 0;
        while (length < bytes.length && bytes[length] != 0) {
            length++;
        }
        return RawText.decode(Arrays.copyOf(bytes, length));
    }

    private byte[] extra(TarHeader header) throws IOException, BadImageException {
        long size = header.size();
        if (size < 0 || size > MAX_HEADER) {
            throw new BadImageException("an extended header of the tar archive has " + size + " bytes");
        }
        byte[] bytes = in.readNBytes((int) size);
        if (bytes.length < size) {
            throw new BadImageException("the tar archive ends within a header");
        }
        in.skipNBytes(padding(size));
        return bytes;
    }

    private static int padding(long size) {
        return (int) (-size & TarHeader.BLOCK - 1);
    }

    private TarEntry entry(TarHeader header, Extras extras) throws IOException, BadImageException {
        PaxRecords pax = extras.pax.over(global);
        String name = Objects.requireNonNullElseGet(
                first(pax.text("GNU.sparse.name"), pax.text("path"), extras.name), header::name);
        TarEntry.Type type = type(header.type(), name);
        long stored = type == TarEntry.Type.FILE ? pax.number("size", header.size()) : 0;
        if (stored < 0) {
            throw new BadImageException("\"" + name + "\" has a size below 0");
        }
        left = stored;
        padding = padding(stored);
        long size = stored;
        List<TarEntry.Segment> segments = null;
        if (header.type() == 'S') {
            size = header.number(483, 12);
            segments = oldSegments(header);
        } else if (type == TarEntry.Type.FILE) {
            size = pax.number("GNU.sparse.realsize", pax.number("GNU.sparse.size", stored));
            segments = pax.number("GNU.sparse.major", 0) >= 1 ? segmentsBeforeContent() : pax.segments();
            if (segments == null && size != stored) {
                segments = List.of();
            }
        }
        if (segments != null) {
            check(segments, size, name);
        }
        return new TarEntry(
                name,
                Objects.requireNonNullElseGet(first(pax.text("linkpath"), extras.target, null), header::target),
                type,
                header.mode(),
                pax.number("uid", header.uid()),
                pax.number("gid", header.gid()),
                pax.number("mtime", header.mtime()),
                size,
                header.major(),
                header.minor(),
                pax.attributes(),
                segments);
    }

    private static @Nullable String first(@Nullable String a, @Nullable String b, @Nullable String c) {
        return a != null ? a : b != null ? b : c;
    }

    private static TarEntry.Type type(char type, String name) throws BadImageException {
        return switch (type) {
            case '1' -> TarEntry.Type.HARD_LINK;
            case '2' -> TarEntry.Type.SYMBOLIC_LINK;
            case '3' -> TarEntry.Type.CHARACTER_DEVICE;
            case '4' -> TarEntry.Type.BLOCK_DEVICE;
            case '5' -> TarEntry.Type.FOLDER;
            case '6' -> TarEntry.Type.FIFO;
            // Before there was a type for folders, a slash at the end was one.
            case 0, '0' -> name.endsWith("/") ? TarEntry.Type.FOLDER : TarEntry.Type.FILE;
            case '7', 'S' -> TarEntry.Type.FILE;
            default ->
                throw new BadImageException("\"" + name + "\" is of a type that jbox does not know: '" + type + "'");
        };
    }

    /** GNU's old format: four segments in the header, more in blocks that follow. */
    private List<TarEntry.Segment> oldSegments(TarHeader header) throws IOException, BadImageException {
        List<Long> numbers = new ArrayList<>();
        for (int i = 0; i < OLD_SEGMENTS; i++) {
            numbers.add(header.number(386 + i * SEGMENT, SEGMENT / 2));
            numbers.add(header.number(386 + i * SEGMENT + SEGMENT / 2, SEGMENT / 2));
        }
        boolean more = header.isContinued();
        while (more) {
            byte[] block = whole(in.readNBytes(TarHeader.BLOCK));
            for (int i = 0; i < MORE_SEGMENTS; i++) {
                numbers.add(TarHeader.number(block, i * SEGMENT, SEGMENT / 2));
                numbers.add(TarHeader.number(block, i * SEGMENT + SEGMENT / 2, SEGMENT / 2));
            }
            more = block[MORE_SEGMENTS * SEGMENT] != 0;
            bound(numbers.size() / 2);
        }
        List<TarEntry.Segment> segments = PaxRecords.segments(numbers);
        segments.removeIf(segment -> segment.length() == 0);
        return segments;
    }

    private static void bound(long segments) throws BadImageException {
        if (segments > MAX_SEGMENTS) {
            throw new BadImageException("a sparse file has more than " + MAX_SEGMENTS + " segments");
        }
    }

    /** GNU's format 1.0: their number and they themselves, a line each, in blocks of their own. */
    private List<TarEntry.Segment> segmentsBeforeContent() throws IOException, BadImageException {
        long before = left;
        long count = line();
        bound(count);
        List<Long> numbers = new ArrayList<>();
        for (long i = 0; i < 2 * count; i++) {
            numbers.add(line());
        }
        int rest = padding(before - left);
        if (rest > left) {
            throw new BadImageException("the map of a sparse file is damaged");
        }
        in.skipNBytes(rest);
        left -= rest;
        return PaxRecords.segments(numbers);
    }

    private long line() throws IOException, BadImageException {
        ByteArrayOutputStream digits = new ByteArrayOutputStream();
        while (left > 0 && digits.size() < SEGMENT) {
            int b = in.read();
            left--;
            if (b == '\n') {
                return PaxRecords.decimal(digits.toByteArray(), 0, digits.size());
            }
            digits.write(b);
        }
        throw new BadImageException("the map of a sparse file is damaged");
    }

    private void check(List<TarEntry.Segment> segments, long size, String name) throws BadImageException {
        bound(segments.size());
        long at = 0;
        long content = 0;
        for (TarEntry.Segment segment : segments) {
            boolean fits =
                    segment.offset() >= at && segment.length() >= 0 && segment.length() <= size - segment.offset();
            if (!fits) {
                throw new BadImageException("the map of the sparse file \"" + name + "\" is damaged");
            }
            at = segment.offset() + segment.length();
            content += segment.length();
        }
        if (content != left) {
            throw new BadImageException("the map of the sparse file \"" + name + "\" does not fit its content");
        }
    }

    @Override
    public byte[] read(int most) throws IOException, BadImageException {
        int wanted = (int) Math.min(most, left);
        byte[] bytes = in.readNBytes(wanted);
        if (bytes.length < wanted) {
            throw new BadImageException("the tar archive ends within a file");
        }
        left -= wanted;
        return bytes;
    }
}
