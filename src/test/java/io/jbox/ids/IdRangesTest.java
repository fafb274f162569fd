package io.jbox.ids;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.config.CommandName;
import io.jbox.config.IdMapping;
import io.jbox.kernel.NativeKernel;
import io.jbox.problem.JboxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@link IdPool} and {@link IdRanges}: nobody's ids are anybody else's. */
class IdRangesTest {
    private static final List<String> THREE = List.of("root:100000:196608");

    @TempDir
    private Path folder;

    private IdRanges ranges(List<String> subids) {
        return new IdRanges(NativeKernel.open(), folder.resolve("ids").toString(), IdPool.of(subids, subids));
    }

    private static List<IdMapping> range(long first) {
        return List.of(IdMapping.range(first));
    }

    @Test
    void rootsOwnIdsComeFirst() {
        assertThat(IdPool.of(List.of("a:1:2", "root:100000:131072"), List.of("0:165536:200000"))
                        .firsts())
                .containsExactly(165_536L);
        assertThat(IdPool.of(List.of("root:100000:65535"), List.of("root:100000:65535"))
                        .firsts())
                .as("too few")
                .hasSizeGreaterThan(4000);
    }

    @Test
    void withoutAnyTheDefaultIsWhatOthersLeaveFree() {
        List<String> others = List.of("# comment", "", "me:1879048192:65536", "you:1879200000:10", "broken:x:y");

        List<Long> firsts = IdPool.of(others, List.of()).firsts();

        assertThat(firsts)
                .hasSize(4092)
                .doesNotContain(1_879_048_192L, 1_879_179_264L)
                .contains(1_879_113_728L);
        assertThat(firsts.get(firsts.size() - 1) + IdPool.SIZE).isLessThanOrEqualTo(2_147_352_576L);
    }

    /** A box within a box: it has the ids that the outer one has, and no others. */
    @Test
    void inAUserNamespaceTheyAreAmongItsOwn() {
        assertThat(IdPool.of(List.of(), List.of(), IdPool.maps(List.of("         0     300000     200000")))
                        .firsts())
                .containsExactly(65_536L, 131_072L);
        assertThat(IdPool.of(List.of(), List.of(), IdPool.maps(List.of("0 300000 65536")))
                        .firsts())
                .isEmpty();
        assertThat(IdPool.of(List.of(), List.of(), IdPool.maps(List.of("0 0 4294967295")))
                        .firsts())
                .contains(IdPool.DEFAULT_FIRST);
        assertThat(IdPool.of(
                                List.of("root:70000:70000"),
                                List.of("root:70000:70000"),
                                IdPool.maps(List.of("0 1 200000")))
                        .firsts())
                .containsExactly(70_000L);
    }

    @Test
    void aBoxKeepsItsOwn() {
        IdRanges ranges = ranges(THREE);

        assertThat(ranges.look("a")).isEqualTo(range(100_000));
        assertThat(ranges.claim("a", box -> true)).isEqualTo(range(100_000));
        assertThat(ranges.claim("b", box -> true)).isEqualTo(range(165_536));
        assertThat(ranges.claim("a", box -> true)).isEqualTo(range(100_000));
        assertThat(ranges.look("b")).isEqualTo(range(165_536));
        assertThat(ranges.look("c")).isEqualTo(range(231_072));
    }

    @Test
    void whenAllAreTakenThoseOfBoxesThatAreNoMoreAreGivenAgain() {
        IdRanges ranges = ranges(THREE);
        for (String box : List.of("a", "b", "c")) {
            ranges.claim(box, other -> true);
        }

        assertThatThrownBy(() -> ranges.claim("d", other -> true))
                .isInstanceOf(JboxException.class)
                .hasMessageContaining("d: idmap: auto: all ranges of 65536 ids are taken");
        assertThat(ranges.claim("d", other -> !other.equals("b"))).isEqualTo(range(165_536));
        ranges.release("a", slot -> false);
        assertThat(ranges.claim("e", other -> true)).isEqualTo(range(100_000));
    }

    @Test
    void slotsGoWithTheirBoxUnlessTheyAreTaken() {
        IdRanges ranges = ranges(THREE);
        String idle = "a" + CommandName.slotSuffix(0);
        String taken = "a" + CommandName.slotSuffix(1);
        for (String owner : List.of("a", idle, taken)) {
            ranges.claim(owner, other -> true);
        }

        ranges.release("a", taken::equals);

        assertThat(ranges.claim("b", other -> true)).isEqualTo(range(100_000));
        assertThat(ranges.claim("c", other -> true)).isEqualTo(range(165_536));
        assertThatThrownBy(() -> ranges.claim("d", other -> true)).isInstanceOf(JboxException.class);
        assertThat(ranges.claim("d", other -> !other.equals(taken))).isEqualTo(range(231_072));
    }

    @Test
    void aCommandHasItsOwnWhileItLives() {
        IdRanges ranges = ranges(THREE);
        long pid = ProcessHandle.current().pid();

        assertThat(ranges.claim("a", box -> true)).isEqualTo(range(100_000));
        assertThat(ranges.claim(CommandName.of("a", pid), box -> true)).isEqualTo(range(165_536));
        assertThat(ranges.claim(CommandName.of("a", 4_000_000), box -> true)).isEqualTo(range(231_072));
        // There is no such process: its range is free, and it is no box that could be asked for.
        assertThat(ranges.claim(CommandName.of("a", 4_000_001), box -> true)).isEqualTo(range(231_072));
    }

    @Test
    void twoAtOnceNeverGetTheSame() {
        Set<List<IdMapping>> got = ConcurrentHashMap.newKeySet();

        IntStream.range(0, 40)
                .parallel()
                .forEach(i -> assertThat(got.add(ranges(List.of()).claim("box" + i, box -> true)))
                        .isTrue());

        assertThat(got).hasSize(40);
    }

    /** /etc/subuid may change while boxes run: what they have stays theirs, and nobody gets a part of it. */
    @Test
    void rangesOfAnotherPoolAreNotGivenAgain() {
        ranges(THREE).claim("a", box -> true);
        List<String> shifted = List.of("root:160000:131072");

        assertThat(ranges(shifted).claim("b", box -> true)).isEqualTo(range(225_536));
        assertThat(ranges(THREE).claim("a", box -> true)).isEqualTo(range(100_000));
        // Of the three, the last two have a part of b's.
        assertThatThrownBy(() -> ranges(THREE).claim("c", box -> true)).hasMessageContaining("all ranges");
    }

    @Test
    void aBookThatSomebodyHasWrittenInIsNoReasonToFail() throws IOException {
        IdRanges ranges = ranges(THREE);
        ranges.claim("a", box -> true);
        Path book = folder.resolve("ids/book");
        Files.writeString(book, "x\n\nnonsense here\n100000 a\n7 outside\n231072 b\ncut of");

        assertThat(ranges.claim("c", box -> true)).isEqualTo(range(165_536));
        assertThat(new HashSet<>(Files.readAllLines(book))).contains("100000 a", "165536 c", "231072 b");
    }
}
