package io.jbox.cli;

import io.jbox.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Prints a table or tree of cells like the tools of util-linux. */
final class Listing {
    private static final String LAST = "\u2514\u2500";
    private static final String BRANCH = "\u251c\u2500";
    private static final String TRUNK = "\u2502 ";
    private static final String ASCII_LAST = "`-";
    private static final String ASCII_BRANCH = "|-";
    private static final String ASCII_TRUNK = "| ";

    private final List<Heading> headings;
    private final List<Row> rows = new ArrayList<>();

    /**
     * A column.
     *
     * @param name in capitals
     * @param right whether its cells are aligned to the right
     * @param number whether its cells are numbers in JSON
     * @param shrinks whether its cells may be truncated to fit a terminal
     * @param wraps whether its cells may have several lines
     * @param hint its width if its cells are at least as wide as its name, but narrower than this
     */
    record Heading(String name, boolean right, boolean number, boolean shrinks, boolean wraps, int hint) {
        /** Returns the same, aligned to the left. */
        Heading left() {
            return new Heading(name, false, number, shrinks, wraps, hint);
        }
    }

    /** A row, possibly with a parent. */
    static final class Row {
        private final @Nullable Row parent;
        private final List<@Nullable String> cells;
        private final List<Row> children = new ArrayList<>();

        Row(@Nullable Row parent, List<@Nullable String> cells) {
            this.parent = parent;
            this.cells = cells;
        }
    }

    /**
     * The print format.
     *
     * @param headings whether there is a line of headings
     * @param raw whether columns are separated by one space, and special characters are written in hexadecimal
     * @param tree index of the column in which the tree is drawn; -1 for none
     * @param unicode whether the tree may be drawn with lines
     * @param width of the terminal; 0 to truncate nothing
     */
    record Style(boolean headings, boolean raw, int tree, boolean unicode, int width) {}

    Listing(List<Heading> headings) {
        this.headings = headings;
    }

    /** Adds a row; cells may be null. */
    Row add(@Nullable Row parent, List<@Nullable String> cells) {
        Row row = new Row(parent, cells);
        if (parent == null) {
            rows.add(row);
        } else {
            parent.children.add(row);
        }
        return row;
    }

    boolean isEmpty() {
        return rows.isEmpty();
    }

    /** Returns the table as text. */
    String text(Style style) {
        List<String[]> lines = new ArrayList<>();
        if (style.headings) {
            String[] names = new String[headings.size()];
            for (int i = 0; i < names.length; i++) {
                names[i] = headings.get(i).name;
            }
            lines.add(names);
        }
        for (int i = 0; i < rows.size(); i++) {
            lines(rows.get(i), "", i + 1 < rows.size(), style, lines);
        }
        int[] widths = widths(lines, style);
        StringBuilder out = new StringBuilder();
        for (String[] line : lines) {
            line(line, widths, style.raw, out);
        }
        return out.toString();
    }

    private void lines(Row row, String trunk, boolean more, Style style, List<String[]> lines) {
        boolean drawn = style.tree >= 0 && row.parent != null;
        String branch = drawn ? more ? branch(style) : last(style) : "";
        String below = drawn ? trunk + (more ? trunk(style) : "  ") : trunk;
        boolean open = style.tree >= 0 && !row.children.isEmpty();
        int height = 1;
        String[][] cells = new String[headings.size()][];
        for (int i = 0; i < cells.length; i++) {
            String cell = row.cells.get(i);
            boolean wraps = headings.get(i).wraps && !style.raw;
            cells[i] = cell == null ? new String[0] : wraps ? cell.split("\n", -1) : new String[] {cell};
            height = Math.max(height, cells[i].length);
        }
        for (int y = 0; y < height; y++) {
            String[] line = new String[cells.length];
            for (int i = 0; i < line.length; i++) {
                String part = y < cells[i].length ? cells[i][y] : "";
                if (i == style.tree) {
                    part = (y == 0 ? trunk + branch : below + (open ? trunk(style) : "")) + part;
                }
                line[i] = style.raw ? encoded(part) : printable(part);
            }
            lines.add(line);
        }
        for (int i = 0; i < row.children.size(); i++) {
            lines(row.children.get(i), below, i + 1 < row.children.size(), style, lines);
        }
    }

    private static String branch(Style style) {
        return style.unicode ? BRANCH : ASCII_BRANCH;
    }

    private static String last(Style style) {
        return style.unicode ? LAST : ASCII_LAST;
    }

    private static String trunk(Style style) {
        return style.unicode ? TRUNK : ASCII_TRUNK;
    }

    private int[] widths(List<String[]> lines, Style style) {
        int[] widths = new int[headings.size()];
        int total = widths.length - 1;
        for (int i = 0; i < widths.length; i++) {
            for (String[] line : lines.subList(style.headings ? 1 : 0, lines.size())) {
                widths[i] = Math.max(widths[i], width(line[i]));
            }
            int least = headings.get(i).name.length();
            int hint = headings.get(i).hint;
            widths[i] = widths[i] < least ? least : least < hint ? Math.max(widths[i], hint) : widths[i];
            total += widths[i];
        }
        for (int i = widths.length - 1; i >= 0 && style.width > 0 && !style.raw && total > style.width; i--) {
            if (headings.get(i).shrinks) {
                int least = Math.min(widths[i], headings.get(i).name.length());
                int shrunk = Math.max(least, widths[i] - (total - style.width));
                total -= widths[i] - shrunk;
                widths[i] = shrunk;
            }
        }
        return widths;
    }

    private void line(String[] cells, int[] widths, boolean raw, StringBuilder out) {
        for (int i = 0; i < cells.length; i++) {
            String cell = cells[i];
            int spaces = raw ? 0 : widths[i] - width(cell);
            if (spaces < 0) {
                cell = cell.substring(0, cell.offsetByCodePoints(0, widths[i]));
                spaces = 0;
            }
            boolean right = headings.get(i).right && !(cell.isEmpty() && i + 1 == cells.length);
            out.append(" ".repeat(right ? spaces : 0)).append(cell);
            if (i + 1 < cells.length) {
                out.append(" ".repeat(right ? 0 : spaces)).append(' ');
            }
        }
        out.append('\n');
    }

    private static int width(String text) {
        return text.codePointCount(0, text.length());
    }

    /** Replaces characters that a terminal would interpret. */
    private static String printable(String text) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c) || text.startsWith("\\x", i)) {
                hexadecimal(String.valueOf(c), out);
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    /** Encodes a cell as one word. */
    private static String encoded(String text) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i = text.offsetByCodePoints(i, 1)) {
            char c = text.charAt(i);
            if (c <= ' ' || c >= 0x7f || c == '\\') {
                hexadecimal(text.substring(i, text.offsetByCodePoints(i, 1)), out);
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    private static void hexadecimal(String text, StringBuilder out) {
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            out.append(String.format("\\x%02x", b & 0xff));
        }
    }

    /**
     * Returns the table as JSON: an object with one list.
     *
     * @param name of the list
     */
    String json(String name) {
        return Json.write(Map.of(name, objects(rows))) + "\n";
    }

    private List<Object> objects(List<Row> some) {
        List<Object> objects = new ArrayList<>();
        for (Row row : some) {
            Map<String, @Nullable Object> object = new LinkedHashMap<>();
            for (int i = 0; i < headings.size(); i++) {
                Heading heading = headings.get(i);
                String cell = row.cells.get(i);
                Object value = cell == null || cell.isEmpty() ? null : heading.number ? Long.valueOf(cell) : cell;
                object.put(heading.name.toLowerCase(java.util.Locale.ROOT), value);
            }
            if (!row.children.isEmpty()) {
                object.put("children", objects(row.children));
            }
            objects.add(object);
        }
        return objects;
    }
}
