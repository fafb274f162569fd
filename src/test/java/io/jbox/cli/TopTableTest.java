package io.jbox.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jbox.life.BoxInfo;
import io.jbox.nic.NetworkGlance;
import io.jbox.number.HostUid;
import io.jbox.state.BoxState;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TopTableTest {
    private static TopTable.Row row(String name, double percent, long ram, int tasks) {
        BoxInfo info = new BoxInfo(
                name,
                BoxState.RUNNING,
                7,
                "/sbin/init",
                0,
                new NetworkGlance(List.of(), List.of(), List.of()),
                new BoxInfo.Use(ram, 0, 1_500_000, tasks),
                new BoxInfo.Definition(true, "", false, List.of()),
                new BoxInfo.Root(true, new HostUid(100_000)),
                "");
        return new TopTable.Row(info, percent);
    }

    private static final List<TopTable.Row> ROWS =
            List.of(row("web", 10, 100, 3), row("db", 50, 50, 9), row("cache", 0, 900, 1));

    @ParameterizedTest
    @CsvSource({
        "n, false, cache db web",
        "n, true, web db cache",
        "c, false, db web cache",
        "m, false, cache web db",
        "t, false, db web cache",
        "t, true, cache web db"
    })
    void isSortedByAKey(char key, boolean reverse, String expected) {
        List<String> names = new ArrayList<>();
        for (TopTable.Row row : new TopTable(ROWS, Objects.requireNonNull(TopTable.Order.of(key)), reverse).rows()) {
            names.add(row.info().name());
        }
        assertThat(String.join(" ", names)).isEqualTo(expected);
        assertThat(TopTable.Order.of('x')).isNull();
    }

    /** As many rows as there are lines, none longer than a line; what was there before is gone. */
    @Test
    void fitsOnTheScreen() {
        List<TopTable.Row> many = new ArrayList<>(ROWS);
        many.add(row("a-name-that-is-as-long-as-names-of-boxes-can-be-in-this-world", 99, 1, 1));

        String[] lines = new TopTable(many, TopTable.Order.PROCESSOR, false)
                .screen(70, 5)
                .split("\r\n");

        assertThat(lines).hasSize(5);
        for (String line : lines) {
            assertThat(line.replaceAll("\033\\[[A-Z]", "").length()).isLessThanOrEqualTo(70);
        }
        assertThat(lines[0]).contains("4 boxes, by CPU%");
        assertThat(lines[2]).startsWith("a-name-that-is-as-lon+ ").contains(" 99.0 ");
        assertThat(lines[4]).endsWith("\033[K\033[J");
    }

    @Test
    void aScreenOfUnknownSizeHasAll() {
        assertThat(new TopTable(ROWS, TopTable.Order.NAME, true).screen(0, 0))
                .contains("3 boxes, by name, reversed", "cache", "db", "web");
    }

    @Test
    void aFileHasAllOfEachName() {
        assertThat(new TopTable(ROWS, TopTable.Order.NAME, false).text().lines())
                .hasSize(5)
                .last()
                .isEqualTo("3 boxes");
    }
}
