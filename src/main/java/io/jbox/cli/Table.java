package io.jbox.cli;

import java.util.List;

/** Aligns the columns of rows. */
final class Table {
    private Table() {}

    /** Aligns with spaces, like lxc-ls. */
    static String align(List<List<String>> rows) {
        StringBuilder out = new StringBuilder();
        for (List<String> row : rows) {
            for (int i = 0; i < row.size(); i++) {
                out.append(row.get(i));
                if (i + 1 < row.size()) {
                    out.append(" ".repeat(width(rows, i) - row.get(i).length() + 1));
                }
            }
            out.append('\n');
        }
        return out.toString();
    }

    private static int width(List<List<String>> rows, int column) {
        int width = 0;
        for (List<String> row : rows) {
            width = Math.max(width, row.get(column).length());
        }
        return width;
    }
}
