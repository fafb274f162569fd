package io.jbox.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.problem.RawText;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TarWriterTest {
    /** Files with the same content. */
    private record Files(Iterator<TarEntry> entries, byte[] content) implements Archive {
        @Override
        public @Nullable TarEntry next() {
            return entries.hasNext() ? entries.next() : null;
        }

        @Override
        public byte[] read(int most) {
            return content;
        }
    }

    private static TarEntry entry(TarEntry.Type type, String name, String target, long id, long mtime, long size) {
        return new TarEntry(
                name,
                target,
                type,
                04755,
                id,
                id,
                mtime,
                size,
                5,
                300,
                Map.of("user.a", new byte[] {0, '\n', -1}),
                null);
    }

    private static byte[] write(List<TarEntry> entries, String content) throws IOException, BadImageException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TarWriter tar = new TarWriter(out);
        tar.add(new Files(entries.iterator(), content.getBytes(StandardCharsets.UTF_8)));
        tar.finish();
        return out.toByteArray();
    }

    /** Names and numbers of every length that a header has room for, and of one more. */
    @Test
    void whatIsWrittenIsWhatIsRead() throws IOException, BadImageException {
        List<TarEntry> entries = new ArrayList<>();
        for (int length : List.of(1, 99, 100, 101, 255, 1000)) {
            String name = "n".repeat(length);
            entries.add(entry(TarEntry.Type.FILE, name, "", 0, 0, 3));
            entries.add(entry(TarEntry.Type.SYMBOLIC_LINK, "l" + length, name, 0, 0, 0));
            entries.add(entry(TarEntry.Type.HARD_LINK, "h" + length, name, 0, 0, 0));
        }
        for (long number : List.of(07777777L, 010000000L, 4_294_967_294L)) {
            entries.add(entry(TarEntry.Type.FOLDER, "d" + number + "/", "", number, number, 0));
        }
        for (long time : List.of(-5L, 077777777777L, 0100000000000L)) {
            entries.add(entry(TarEntry.Type.CHARACTER_DEVICE, "t" + time, "", 1, time, 0));
        }
        String raw = RawText.decode(new byte[] {'x', -1, 'y'});
        entries.add(entry(TarEntry.Type.FIFO, raw, "", 1, 1, 0));
        entries.add(entry(TarEntry.Type.BLOCK_DEVICE, "b", "", 1, 1, 0));

        TarReader reader = new TarReader(new ByteArrayInputStream(write(entries, "abc")));

        for (TarEntry entry : entries) {
            TarEntry read = Objects.requireNonNull(reader.next());
            boolean device = entry.type().name().endsWith("DEVICE");
            assertThat(read)
                    .as(entry.name().substring(0, Math.min(9, entry.name().length())))
                    .returns(entry.type(), TarEntry::type)
                    .returns(entry.target(), TarEntry::target)
                    .returns(entry.uid(), TarEntry::uid)
                    .returns(entry.gid(), TarEntry::gid)
                    .returns(entry.mtime(), TarEntry::mtime)
                    .returns(entry.mode(), TarEntry::mode)
                    .returns(device ? 300 : 0, TarEntry::minor);
            assertThat(read.name()).isEqualTo(entry.name());
            assertThat(read.attributes()).containsOnlyKeys("user.a");
            assertThat(read.attributes().get("user.a")).isEqualTo(new byte[] {0, '\n', -1});
            if (entry.size() > 0) {
                assertThat(new String(reader.read(9), StandardCharsets.UTF_8)).isEqualTo("abc");
            }
        }
        assertThat(reader.next()).isNull();
    }

    @Test
    void aFileWithHolesTakesNoMoreThanItsContent() throws IOException, BadImageException {
        TarEntry file = entry(TarEntry.Type.FILE, "holes", "", 0, 0, 1L << 40);
        TarEntry sparse = new TarEntry(
                file.name(),
                "",
                file.type(),
                file.mode(),
                0,
                0,
                0,
                file.size(),
                0,
                0,
                Map.of(),
                List.of(new TarEntry.Segment(5, 3), new TarEntry.Segment(1L << 39, 3)));
        byte[] archive = write(List.of(sparse), "abc");

        assertThat(archive).hasSizeLessThan(8192);
        TarReader reader = new TarReader(new ByteArrayInputStream(archive));
        TarEntry read = Objects.requireNonNull(reader.next());
        assertThat(read)
                .returns("holes", TarEntry::name)
                .returns(1L << 40, TarEntry::size)
                .returns(
                        List.of(
                                new TarEntry.Segment(5, 3),
                                new TarEntry.Segment(1L << 39, 3),
                                new TarEntry.Segment(1L << 40, 0)),
                        TarEntry::segments);
        assertThat(new String(reader.read(9), StandardCharsets.UTF_8)).isEqualTo("abcabc");
        assertThat(reader.next()).isNull();
    }

    @Test
    void anArchiveEndsWithTwoEmptyBlocks() throws IOException, BadImageException {
        byte[] archive = write(List.of(entry(TarEntry.Type.FILE, "f", "", 0, 0, 3)), "abc");

        assertThat(archive.length % 512).isZero();
        assertThat(archive).endsWith(new byte[1024]);
    }
}
