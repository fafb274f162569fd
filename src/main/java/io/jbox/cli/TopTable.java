package io.jbox.cli;

import io.jbox.life.BoxInfo;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The table of {@code jbox top}. */
final class TopTable {
    /** Columns that can be sorted by, with the key that does it. */
    enum Order {
        NAME('n', "name"),
        PROCESSOR('c', "CPU%"),
        MEMORY('m', "RAM"),
        TASKS('t', "tasks");

        private final char key;
        private final String shown;

        Order(char key, String shown) {
            this.key = key;
            this.shown = shown;
        }

        /** The one of a key; null if there is none. */
        static @Nullable Order of(int key) {
            for (Order order : values()) {
                if (order.key == key) {
                    return order;
                }
            }
            return null;
        }

        private Comparator<Row> comparator() {
            return switch (this) {
                case NAME -> Comparator.comparing(row -> row.info.name());
                case PROCESSOR -> Comparator.comparingDouble(row -> -row.percent);
                case MEMORY -> Comparator.comparingLong(row -> -row.info.use().ramBytes());
                case TASKS -> Comparator.comparingInt(row -> -row.info.use().tasks());
            };
        }
    }

    /** The resource use of one box. */
    record Row(BoxInfo info, double percent) {}

    private static final int LEAST_NAME = 8;
    private static final int USUAL_NAME = 20;
    /** What follows a name. */
    private static final String NUMBERS = " %10s %7s %10s %10s %6s";

    private static final int NUMBERS_WIDTH = 48;

    private final List<Row> rows;
    private final Order order;
    private final boolean reverse;

    TopTable(List<Row> rows, Order order, boolean reverse) {
        Comparator<Row> comparator = order.comparator();
        this.rows = new ArrayList<>(rows);
        this.rows.sort(reverse ? comparator.reversed() : comparator);
        this.order = order;
        this.reverse = reverse;
    }

    List<Row> rows() {
        return rows;
    }

    /** All rows, whole. */
    String text() {
        StringBuilder out = new StringBuilder();
        for (String line : lines(0)) {
            out.append(line).append('\n');
        }
        return out.append(count()).append('\n').toString();
    }

    /**
     * What fits on a screen, over what was there before.
     *
     * @param columns of the screen; 0 if it is not known, as for rows
     */
    String screen(int columns, int height) {
        List<String> lines = new ArrayList<>(lines(columns));
        int room = height == 0 ? lines.size() : Math.max(1, height - 2);
        StringBuilder out = new StringBuilder("\033[H");
        add(out, count() + ", by " + order.shown + (reverse ? ", reversed" : ""), columns);
        for (String line : lines.subList(0, Math.min(room, lines.size()))) {
            add(out, line, columns);
        }
        String keys = "n c m t: sort by name, CPU%, RAM, tasks; r: reverse; q: quit";
        return out.append(cut(keys, columns)).append("\033[K\033[J").toString();
    }

    private static void add(StringBuilder out, String line, int columns) {
        out.append(cut(line, columns)).append("\033[K\r\n");
    }

    private static String cut(String line, int columns) {
        return columns > 0 && line.length() > columns ? line.substring(0, columns) : line;
    }

    private String count() {
        return rows.size() == 1 ? "1 box" : rows.size() + " boxes";
    }

    private List<String> lines(int columns) {
        int width = USUAL_NAME;
        for (Row row : rows) {
            width = Math.max(width, row.info.name().length());
        }
        if (columns > 0) {
            width = Math.max(LEAST_NAME, Math.min(width, columns - NUMBERS_WIDTH));
        }
        List<String> lines = new ArrayList<>();
        String format = "%-" + width + "s" + NUMBERS;
        lines.add(String.format(format, "NAME", "CPU TIME", "CPU%", "RAM", "SWAP", "TASKS"));
        for (Row row : rows) {
            String name = row.info.name();
            BoxInfo.Use use = row.info.use();
            lines.add(String.format(
                    format,
                    name.length() > width ? name.substring(0, width - 1) + "+" : name,
                    use.cpuMicros() < 0 ? "-" : String.format("%.2f", use.cpuMicros() / 1e6),
                    use.cpuMicros() < 0 ? "-" : String.format("%.1f", row.percent),
                    Column.bytes(use.ramBytes()),
                    Column.bytes(use.swapBytes()),
                    use.tasks() < 0 ? "-" : use.tasks()));
        }
        return lines;
    }
}
