package io.jbox.cli;

import io.jbox.problem.JboxException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Reads a {@link RowFilter}, by recursive descent. */
final class RowFilterParser {
    private static final List<String> COMPARISONS =
            List.of("==", "!=", "<=", ">=", "=~", "!~", "<", ">", "eq", "ne", "le", "ge", "lt", "gt");

    private final String text;
    private final Arguments arguments;
    private final List<LsnsColumn> columns = new ArrayList<>();
    private int at;

    RowFilterParser(String text, Arguments arguments) {
        this.text = text;
        this.arguments = arguments;
    }

    /** @throws JboxException if it is not a valid expression */
    RowFilter parse() {
        RowFilter.Node root = either();
        skipSpaces();
        if (at < text.length()) {
            throw expected("and, or, or the end");
        }
        return new RowFilter(root, columns);
    }

    private RowFilter.Node either() {
        RowFilter.Node node = both();
        while (takes("||") || takes("or")) {
            node = new RowFilter.Either(node, both());
        }
        return node;
    }

    private RowFilter.Node both() {
        RowFilter.Node node = not();
        while (takes("&&") || takes("and")) {
            node = new RowFilter.Both(node, not());
        }
        return node;
    }

    private RowFilter.Node not() {
        skipSpaces();
        if (!text.startsWith("!~", at) && !text.startsWith("!=", at) && takes("!") || takes("not")) {
            return new RowFilter.Not(not());
        }
        return comparison();
    }

    private RowFilter.Node comparison() {
        if (takes("(")) {
            RowFilter.Node node = either();
            if (!takes(")")) {
                throw expected("a )");
            }
            return node;
        }
        RowFilter.Node left = operand();
        for (String operator : COMPARISONS) {
            if (takes(operator)) {
                return comparison(left, operator);
            }
        }
        return left;
    }

    private RowFilter.Node comparison(RowFilter.Node left, String operator) {
        if (!operator.endsWith("~")) {
            return new RowFilter.Comparison(left, symbol(operator), operand());
        }
        int start = at;
        try {
            RowFilter.Match match = new RowFilter.Match(left, Pattern.compile(RowFilter.shown(constant(operand()))));
            return operator.equals("=~") ? match : new RowFilter.Not(match);
        } catch (PatternSyntaxException e) {
            at = start;
            throw expected("a regular expression: " + e.getDescription());
        }
    }

    private Object constant(RowFilter.Node node) {
        if (node instanceof RowFilter.Constant known) {
            return known.constant();
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

    private RowFilter.Node operand() {
        skipSpaces();
        char first = at < text.length() ? text.charAt(at) : '\0';
        if (first == '"' || first == '\'') {
            int end = text.indexOf(first, at + 1);
            if (end < 0) {
                throw expected("a closing " + first);
            }
            String quoted = text.substring(at + 1, end);
            at = end + 1;
            return new RowFilter.Constant(quoted);
        }
        int start = at;
        while (at < text.length()
                && (Character.isLetterOrDigit(text.charAt(at)) || ".-_:".indexOf(text.charAt(at)) >= 0)) {
            at++;
        }
        String word = text.substring(start, at);
        if (word.equals("true") || word.equals("false")) {
            return new RowFilter.Constant(word.equals("true"));
        }
        Double number = RowFilter.number(word);
        if (number != null) {
            return new RowFilter.Constant(number);
        }
        LsnsColumn column = word.isEmpty() ? null : LsnsColumn.find(word);
        if (column == null) {
            at = start;
            throw expected("a column, a number or a text in quotes");
        }
        columns.add(column);
        return new RowFilter.Cell(column);
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
}
