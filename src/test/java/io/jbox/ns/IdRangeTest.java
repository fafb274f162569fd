package io.jbox.ns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jbox.problem.JboxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link IdRange}: ids inside and outside of user namespaces. */
class IdRangeTest {
    @TempDir
    private Path folder;

    @Test
    void readsBothWaysOfWriting() {
        assertThat(IdRange.parse("0:1000:10", "--map-users")).isEqualTo(new IdRange(0, 1000, 10));
        assertThat(IdRange.parse("1000,0,10", "--map-users")).isEqualTo(new IdRange(0, 1000, 10));
        assertThat(IdRange.parse("0:4294967295:1", "--map-users")).isEqualTo(new IdRange(0, IdRange.MAX, 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1:2", "1:2:0", "a:b:c", "1:2:3:4", "-1:2:3", "4294967296:0:1", "1,2", "1:2,3"})
    void refusesWhatIsNoRange(String text) {
        assertThatThrownBy(() -> IdRange.parse(text, "--map-users"))
                .isInstanceOf(JboxException.class)
                .hasMessageContaining("--map-users \"" + text + "\"");
    }

    /** What is mapped alone is in no range, inside or outside, and no id is mapped twice. */
    @Test
    void makesRoomForASingleId() {
        assertThat(IdRange.withSingle(List.of(new IdRange(0, 100000, 10)), 0, 1000))
                .containsExactly(new IdRange(0, 1000, 1), new IdRange(1, 100000, 9));
        assertThat(IdRange.withSingle(List.of(new IdRange(0, 100000, 10)), 5, 1000))
                .containsExactly(new IdRange(5, 1000, 1), new IdRange(0, 100000, 5), new IdRange(6, 100005, 4));
        assertThat(IdRange.withSingle(List.of(new IdRange(0, 995, 10)), 50, 1000))
                .containsExactly(new IdRange(50, 1000, 1), new IdRange(0, 995, 5), new IdRange(5, 1001, 4));
        assertThat(IdRange.withSingle(List.of(new IdRange(0, 0, 10)), 3, 3))
                .containsExactly(new IdRange(3, 3, 1), new IdRange(0, 0, 3), new IdRange(4, 4, 6));
        assertThat(IdRange.withSingle(List.of(new IdRange(0, 100000, 1)), 0, 1000))
                .containsExactly(new IdRange(0, 1000, 1));
    }

    @Test
    void findsAUsersFirstRangeByNameOrNumber() throws IOException {
        String file = Files.writeString(
                        folder.resolve("subuid"), "other:1:2\nbroken\nme:100000:65536\nme:1:1\n77:200000:10\n")
                .toString();

        assertThat(IdRange.subordinate(file, "me", 5, false)).isEqualTo(new IdRange(0, 100000, 65536));
        assertThat(IdRange.subordinate(file, "somebody", 77, true)).isEqualTo(new IdRange(200000, 200000, 10));
        assertThatThrownBy(() -> IdRange.subordinate(file, "nobody", 6, false))
                .hasMessageContaining("has no range for nobody");
    }
}
