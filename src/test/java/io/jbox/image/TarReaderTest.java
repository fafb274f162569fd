package io.jbox.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.testhost.TarBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TarReaderTest {
    private static TarReader reader(byte[] archive) {
        return new TarReader(new ByteArrayInputStream(archive));
    }

    private static TarEntry only(TarReader reader) throws IOException, BadImageException {
        return Objects.requireNonNull(reader.next());
    }

    private static String content(TarReader reader) throws IOException, BadImageException {
        return new String(reader.read(1000), StandardCharsets.UTF_8);
    }

    @Test
    void readsFilesInTurnWhetherTheirContentIsReadOrNot() throws IOException, BadImageException {
        TarReader reader = reader(new TarBuilder()
                .owner(5, 6)
                .file("a", "one")
                .file("b", "two")
                .link("c", "b")
                .bytes());

        assertThat(only(reader))
                .returns("a", TarEntry::name)
                .returns(3L, TarEntry::size)
                .returns(5L, TarEntry::uid)
                .returns(6L, TarEntry::gid)
                .returns(0644, TarEntry::mode)
                .returns(1_700_000_000L, TarEntry::mtime);
        assertThat(only(reader).name()).isEqualTo("b");
        assertThat(content(reader)).isEqualTo("two");
        assertThat(only(reader))
                .returns(TarEntry.Type.SYMBOLIC_LINK, TarEntry::type)
                .returns("b", TarEntry::target);
        assertThat(reader.next()).isNull();
    }

    @Test
    void readsLongNamesAndLargeNumbers() throws IOException, BadImageException {
        String name = "long/".repeat(60) + "name";
        TarReader reader = reader(new TarBuilder()
                .owner(3_000_000_000L, 1)
                .file(name, "x")
                .pax("path", "ünï", "size", "1", "uid", "7", "mtime", "12.5")
                .file("short", "y")
                .bytes());

        assertThat(only(reader)).returns(name, TarEntry::name).returns(3_000_000_000L, TarEntry::uid);
        assertThat(only(reader))
                .returns("ünï", TarEntry::name)
                .returns(7L, TarEntry::uid)
                .returns(12L, TarEntry::mtime);
    }

    /** A capability has bytes that are no UTF-8. */
    @Test
    void attributesAreBytes() throws IOException, BadImageException {
        byte[] value = {1, 0, 0, 2, (byte) 0x80, (byte) 0xff, '\n', 0};
        TarReader reader = reader(new TarBuilder()
                .pax("SCHILY.xattr.security.capability", value, "comment", "none")
                .file("ping", "")
                .file("other", "")
                .bytes());

        assertThat(only(reader).attributes().get("security.capability")).isEqualTo(value);
        assertThat(only(reader).attributes()).isEmpty();
    }

    static Stream<Arguments> sparse() {
        byte[] old = new byte[512];
        TarBuilder.put(old, 0, 100, "s");
        TarBuilder.number(old, 100, 8, 0644);
        TarBuilder.number(old, 124, 12, 6);
        old[156] = 'S';
        TarBuilder.put(old, 257, 8, "ustar  ");
        for (int i = 0; i < 4; i++) {
            TarBuilder.number(old, 386 + 24 * i, 12, new long[] {10, 100, 1000, 1000}[i]);
            TarBuilder.number(old, 398 + 24 * i, 12, new long[] {2, 1, 0, 0}[i]);
        }
        old[482] = 1;
        TarBuilder.number(old, 483, 12, 1000);
        byte[] more = new byte[512];
        TarBuilder.number(more, 0, 12, 500);
        TarBuilder.number(more, 12, 12, 3);
        byte[] content = "abcdef".getBytes(StandardCharsets.UTF_8);
        byte[] map = new byte[512];
        TarBuilder.put(map, 0, 512, "3\n10\n2\n100\n1\n500\n3\n");
        byte[] mapped = java.util.Arrays.copyOf(map, 518);
        System.arraycopy(content, 0, mapped, 512, 6);
        return Stream.of(
                Arguments.of("old", new TarBuilder().block(old, more, content).bytes()),
                Arguments.of(
                        "0.0",
                        new TarBuilder()
                                .pax(
                                        "GNU.sparse.size", 1000,
                                        "GNU.sparse.numblocks", 3,
                                        "GNU.sparse.offset", 10,
                                        "GNU.sparse.numbytes", 2,
                                        "GNU.sparse.offset", 100,
                                        "GNU.sparse.numbytes", 1,
                                        "GNU.sparse.offset", 500,
                                        "GNU.sparse.numbytes", 3)
                                .file("s", "abcdef")
                                .bytes()),
                Arguments.of(
                        "0.1",
                        new TarBuilder()
                                .pax(
                                        "GNU.sparse.name", "s",
                                        "GNU.sparse.size", 1000,
                                        "GNU.sparse.map", "10,2,100,1,500,3")
                                .file("other", "abcdef")
                                .bytes()),
                Arguments.of(
                        "1.0",
                        new TarBuilder()
                                .pax(
                                        "GNU.sparse.major", 1,
                                        "GNU.sparse.minor", 0,
                                        "GNU.sparse.name", "s",
                                        "GNU.sparse.realsize", 1000)
                                .add("other", '0', 0644, "", mapped)
                                .bytes()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("sparse")
    void readsSparseFilesOfEachFormat(String format, byte[] archive) throws IOException, BadImageException {
        TarReader reader = reader(archive);

        TarEntry entry = only(reader);

        assertThat(entry.name()).isEqualTo("s");
        assertThat(entry.size()).isEqualTo(1000);
        assertThat(entry.segments())
                .containsExactly(
                        new TarEntry.Segment(10, 2), new TarEntry.Segment(100, 1), new TarEntry.Segment(500, 3));
        assertThat(content(reader)).isEqualTo("abcdef");
        assertThat(reader.next()).isNull();
    }

    @Test
    void aFileMayHaveNothingButHoles() throws IOException, BadImageException {
        TarReader reader = reader(new TarBuilder()
                .pax("GNU.sparse.realsize", 1000)
                .file("s", "")
                .file("next", "x")
                .bytes());

        assertThat(only(reader)).returns(1000L, TarEntry::size).returns(List.of(), TarEntry::segments);
        assertThat(only(reader).name()).isEqualTo("next");
    }

    static Stream<Arguments> bad() {
        byte[] damaged = new TarBuilder().file("a", "x").bytes();
        damaged[0] = 'b';
        return Stream.of(
                Arguments.of("checksum", damaged),
                Arguments.of(
                        "ends within a file", new TarBuilder().lying("a", 5).open()),
                Arguments.of(
                        "type that jbox does not know",
                        new TarBuilder().add("a", 'Z', 0, "", new byte[0]).bytes()),
                Arguments.of(
                        "extended header",
                        new TarBuilder()
                                .add("p", 'x', 0, "", "17 a".getBytes(StandardCharsets.UTF_8))
                                .bytes()),
                Arguments.of(
                        "extended header",
                        new TarBuilder()
                                .add("p", 'x', 0, "", "0 a=b\n".getBytes(StandardCharsets.UTF_8))
                                .bytes()),
                Arguments.of(
                        "below 0",
                        new TarBuilder().pax("size", "-5").file("a", "").bytes()),
                Arguments.of(
                        "invalid number",
                        new TarBuilder()
                                .pax("size", "99999999999999999999")
                                .file("a", "")
                                .bytes()),
                Arguments.of(
                        "sparse",
                        new TarBuilder()
                                .pax("GNU.sparse.size", 5, "GNU.sparse.map", "0,9")
                                .file("a", "x")
                                .bytes()),
                Arguments.of(
                        "sparse",
                        new TarBuilder()
                                .pax("GNU.sparse.size", 5, "GNU.sparse.map", "3,1,0,1")
                                .file("a", "xy")
                                .bytes()),
                Arguments.of(
                        "sparse",
                        new TarBuilder()
                                .pax("GNU.sparse.size", 5, "GNU.sparse.map", "0,1,2")
                                .file("a", "xy")
                                .bytes()),
                Arguments.of(
                        "does not fit",
                        new TarBuilder()
                                .pax("GNU.sparse.size", 5, "GNU.sparse.map", "0,1")
                                .file("a", "xy")
                                .bytes()),
                Arguments.of(
                        "sparse",
                        new TarBuilder()
                                .pax("GNU.sparse.major", 1)
                                .file("a", "99999999\n")
                                .bytes()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bad")
    void saysWhatIsWrong(String words, byte[] archive) {
        TarReader reader = reader(archive);

        assertThatThrownBy(() -> {
                    while (reader.next() != null) {
                        reader.read(1000);
                    }
                })
                .isInstanceOf(BadImageException.class)
                .hasMessageContaining(words);
    }
}
