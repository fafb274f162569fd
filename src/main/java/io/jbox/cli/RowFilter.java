package io.jbox.cli;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An expression that selects rows (scols-filter(5)): {@code TYPE == "net" and (NPROCS > 2 or !NSFS)}.
 *
 * <p>Columns, numbers (2K is 2048), texts in either kind of quotes and true or false are compared by {@code == != < <=
 * > >=} or {@code eq ne lt le gt ge}, texts also by regular expressions with {@code =~ !~}; comparisons are joined by
 * {@code and or not}, or {@code && || !}. If one side is a number, both are compared as numbers. An empty cell is
 * false.
 */
final class RowFilter {
    private static final String UNITS = "KMGTPE";

    private final Node root;
    private final List<LsnsColumn> columns;

    /** @param columns that it uses */
    RowFilter(Node root, List<LsnsColumn> columns) {
        this.root = root;
        this.columns = List.copyOf(columns);
    }

    /** The columns that it uses. */
    List<LsnsColumn> columns() {
        return columns;
    }

    boolean accepts(Cells cells) {
        return isTrue(root.value(cells));
    }

    /** The cells of a row. */
    interface Cells {
        @Nullable
        String cell(LsnsColumn column);
    }

    /** A part of the expression. */
    interface Node {
        /** A text, a number, a boolean or null. */
        @Nullable
        Object value(Cells cells);
    }

    record Constant(Object constant) implements Node {
        @Override
        public Object value(Cells cells) {
            return constant;
        }
    }

    record Cell(LsnsColumn column) implements Node {
        @Override
        public @Nullable Object value(Cells cells) {
            String cell = cells.cell(column);
            return cell == null || cell.isEmpty() ? null : column.heading().number() ? Double.valueOf(cell) : cell;
        }
    }

    record Not(Node node) implements Node {
        @Override
        public Object value(Cells cells) {
            return !isTrue(node.value(cells));
        }
    }

    record Both(Node left, Node right) implements Node {
        @Override
        public Object value(Cells cells) {
            return isTrue(left.value(cells)) && isTrue(right.value(cells));
        }
    }

    record Either(Node left, Node right) implements Node {
        @Override
        public Object value(Cells cells) {
            return isTrue(left.value(cells)) || isTrue(right.value(cells));
        }
    }

    record Match(Node left, Pattern pattern) implements Node {
        @Override
        public Object value(Cells cells) {
            Object value = left.value(cells);
            return value != null && pattern.matcher(shown(value)).find();
        }
    }

    record Comparison(Node left, String operator, Node right) implements Node {
        @Override
        public Object value(Cells cells) {
            Object one = left.value(cells);
            Object other = right.value(cells);
            if (one == null || other == null) {
                return operator.equals("!=") && one != other;
            }
            int order = compare(one, other);
            return switch (operator) {
                case "==" -> order == 0;
                case "!=" -> order != 0;
                case "<" -> order < 0;
                case "<=" -> order <= 0;
                case ">" -> order > 0;
                default -> order >= 0;
            };
        }
    }

    /** The number that a text is, with a unit perhaps; null if it is none. */
    static @Nullable Double number(String word) {
        String digits = word.toUpperCase(Locale.ROOT);
        double factor = 1;
        int length = digits.length();
        int suffix = digits.endsWith("IB") ? 2 : digits.endsWith("B") ? 1 : 0;
        int unit = length - suffix < 1 ? -1 : UNITS.indexOf(digits.charAt(length - suffix - 1));
        if (unit >= 0) {
            factor = Math.pow(suffix == 1 ? 1000 : 1024, unit + 1.0);
            digits = digits.substring(0, length - suffix - 1);
        }
        if (digits.isEmpty() || "0123456789-.".indexOf(digits.charAt(0)) < 0) {
            return null;
        }
        try {
            return Double.parseDouble(digits) * factor;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static boolean isTrue(@Nullable Object value) {
        if (value instanceof Boolean truth) {
            return truth;
        }
        return value instanceof Double number ? number != 0 : value != null && !value.equals("");
    }

    private static int compare(Object one, Object other) {
        if (one instanceof Double || other instanceof Double) {
            Double left = one instanceof Double number ? number : number(shown(one));
            Double right = other instanceof Double number ? number : number(shown(other));
            if (left != null && right != null) {
                return left.compareTo(right);
            }
        }
        return shown(one).compareTo(shown(other));
    }

    /** Formats a value as text. */
    static String shown(Object value) {
        if (value instanceof Double number && number == Math.rint(number)) {
            return Long.toString(number.longValue());
        }
        return value.toString();
    }
}
