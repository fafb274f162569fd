package io.jbox.cli;

import io.jbox.problem.JboxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
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
    private static final List<String> COMPARISONS =
            List.of("==", "!=", "<=", ">=", "=~", "!~", "<", ">", "eq", "ne", "le", "ge", "lt", "gt");
    private static final String UNITS = "KMGTPE";

    private final String text;
    private final Arguments arguments;
    private final List<LsnsColumn> columns = new ArrayList<>();
    private final Node root;
    private int at;

    /** The cells of a row. */
    interface Cells {
        @Nullable
        String cell(LsnsColumn column);
    }

    /** A part of the expression. */
    private interface Node {
        /** A text, a number, a boolean or null. */
        @Nullable
        Object value(Cells cells);
    }

    private record Constant(Object constant) implements Node {
        @Override
        public Object value(Cells cells) {
            return constant;
        }
    }

    private record Cell(LsnsColumn column) implements Node {
        @Override
        public @Nullable Object value(Cells cells) {
            String cell = cells.cell(column);
            return cell == null || cell.isEmpty() ? null : column.heading().number() ? Double.valueOf(cell) : cell;
        }
    }

    private record Not(Node node) implements Node {
        @Override
        public Object value(Cells cells) {
            return !isTrue(node.value(cells));
        }
    }

    private record Both(Node left, Node right) implements Node {
        @Override
        public Object value(Cells cells) {
            return isTrue(left.value(cells)) && isTrue(right.value(cells));
        }
    }

    private record Either(Node left, Node right) implements Node {
        @Override
        public Object value(Cells cells) {
            return isTrue(left.value(cells)) || isTrue(right.value(cells));
        }
    }

    private record Match(Node left, Pattern pattern) implements Node {
        @Override
        public Object value(Cells cells) {
            Object value = left.value(cells);
            return value != null && pattern.matcher(shown(value)).find();
        }
    }

    private record Comparison(Node left, String operator, Node right) implements Node {
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

    private RowFilter(String text, Arguments arguments) {
        this.text = text;
        this.arguments = arguments;
        this.root = either();
        skipSpaces();
        if (at < text.length()) {
            throw expected("and, or, or the end");
        }
    }

    /** @throws JboxException if it is not a valid expression */
    static RowFilter parse(String text, Arguments arguments) {
        return new RowFilter(text, arguments);
    }

    /** The columns that it uses. */
    List<LsnsColumn> columns() {
        return columns;
    }

    boolean accepts(Cells cells) {
        return isTrue(root.value(cells));
    }

    private Node either() {
        Node node = both();
        while (takes("||") || takes("or")) {
            node = new Either(node, both());
        }
        return node;
    }

    private Node both() {
        Node node = not();
        while (takes("&&") || takes("and")) {
            node = new Both(node, not());
        }
        return node;
    }

    private Node not() {
        skipSpaces();
        if (!text.startsWith("!~", at) && !text.startsWith("!=", at) && takes("!") || takes("not")) {
            return new Not(not());
        }
        return comparison();
    }

    private Node comparison() {
        if (takes("(")) {
            Node node = either();
            if (!takes(")")) {
                throw expected("a )");
            }
            return node;
        }
        Node left = operand();
        for (String operator : COMPARISONS) {
            if (takes(operator)) {
                return comparison(left, operator);
            }
        }
        return left;
    }

    private Node comparison(Node left, String operator) {
        if (!operator.endsWith("~")) {
            return new Comparison(left, symbol(operator), operand());
        }
        int start = at;
        try {
            Match match = new Match(left, Pattern.compile(shown(constant(operand()))));
            return operator.equals("=~") ? match : new Not(match);
        } catch (PatternSyntaxException e) {
            at = start;
            throw expected("a regular expression: " + e.getDescription());
        }
    }

    private Object constant(Node node) {
        if (node instanceof Constant known) {
            return known.constant;
        }
        throw expected("a text");
    }

    private static String symbol(String operator) {
        return switch (operator) {
            case "eq" -> "==";
            case "ne" -> "!=";
            case "lt" -> "<";
            case "le" -> "<=";
            case "gt" -> ">";
            case "ge" -> ">=";
            default -> operator;
        };
    }

    private Node operand() {
        skipSpaces();
        char first = at < text.length() ? text.charAt(at) : '\0';
        if (first == '"' || first == '\'') {
            int end = text.indexOf(first, at + 1);
            if (end < 0) {
                throw expected("a closing " + first);
            }
            String quoted = text.substring(at + 1, end);
            at = end + 1;
            return new Constant(quoted);
        }
        int start = at;
        while (at < text.length()
                && (Character.isLetterOrDigit(text.charAt(at)) || ".-_:".indexOf(text.charAt(at)) >= 0)) {
            at++;
        }
        String word = text.substring(start, at);
        if (word.equals("true") || word.equals("false")) {
            return new Constant(word.equals("true"));
        }
        Double number = number(word);
        if (number != null) {
            return new Constant(number);
        }
        LsnsColumn column = word.isEmpty() ? null : LsnsColumn.find(word);
        if (column == null) {
            at = start;
            throw expected("a column, a number or a text in quotes");
        }
        columns.add(column);
        return new Cell(column);
    }

    private static @Nullable Double number(String word) {
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

    /** Consumes a symbol or a word if it comes next. */
    private boolean takes(String token) {
        skipSpaces();
        int end = at + token.length();
        boolean word = Character.isLetter(token.charAt(0));
        if (!text.regionMatches(word, at, token, 0, token.length())
                || word && end < text.length() && Character.isLetterOrDigit(text.charAt(end))) {
            return false;
        }
        at = end;
        return true;
    }

    private void skipSpaces() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    private JboxException expected(String what) {
        String where = at >= text.length()
                ? "at its end"
                : "at \"" + text.substring(at).strip() + "\"";
        return arguments.usage("--filter \"" + text + "\": expected " + what + " " + where);
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
    private static String shown(Object value) {
        if (value instanceof Double number && number == Math.rint(number)) {
            return Long.toString(number.longValue());
        }
        return value.toString();
    }
}
