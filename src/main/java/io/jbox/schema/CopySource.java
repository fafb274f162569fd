package io.jbox.schema;

import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.problem.Source;
import io.jbox.yaml.Node;
import io.jbox.yaml.SourceReader;
import io.jbox.yaml.YamlParser;
import java.util.ArrayList;
import java.util.List;

/** Rewrites a configuration's text for a copy in another folder. */
public final class CopySource {
    private CopySource() {}

    /**
     * Returns the text with each top-level key at the start of a line; indented text, braces (JSON) and text after
     * {@code ---} are rewritten with the same meaning.
     *
     * @throws JboxException if it is not a configuration, or an include would mean another file in the copy
     */
    public static String text(String path) {
        Source source = SourceReader.read(path, null);
        Node root = YamlParser.parse(source);
        if (!(root instanceof Node.Mapping mapping)) {
            return source.text();
        }
        refuseRelativeIncludes(mapping);
        String text = withoutMarker(source.text().replace("\r\n", "\n").replace('\r', '\n'));
        if (!beginsWithKey(text, mapping)) {
            return block(mapping);
        }
        for (Node.Entry entry : mapping.entries()) {
            int column = entry.key().place().column();
            if (column != 1
                    || root.place().line() == 0
                    || source.line(root.place().line()).startsWith("{")) {
                return block(mapping);
            }
        }
        return text;
    }

    /** Whether only comments precede the first key, and no tag or anchor of the document. */
    private static boolean beginsWithKey(String text, Node.Mapping root) {
        for (String line : text.split("\n")) {
            if (!line.isBlank() && !line.startsWith("#")) {
                return !root.entries().isEmpty()
                        && !line.startsWith("!")
                        && !line.startsWith("&")
                        && !line.startsWith("?");
            }
        }
        return false;
    }

    private static void refuseRelativeIncludes(Node.Mapping root) {
        List<Problem> problems = new ArrayList<>();
        for (Node.Entry entry : root.entries()) {
            if (!entry.key().text().equals("include")) {
                continue;
            }
            List<Node> included = entry.value() instanceof Node.Sequence list ? list.items() : List.of(entry.value());
            for (Node node : included) {
                if (node instanceof Node.Scalar file && !file.text().startsWith("/") && !file.isEmpty()) {
                    problems.add(new Problem(
                            "a relative path would mean another file from the box's own folder",
                            file.place(),
                            "make it absolute: " + ConfigPaths.absolute(file.text(), file.place())));
                }
            }
        }
        if (!problems.isEmpty()) {
            throw new JboxException(problems, JboxException.FAILED);
        }
    }

    /** Removes directives and document markers, since there is only one document. */
    private static String withoutMarker(String text) {
        StringBuilder out = new StringBuilder();
        for (String line : text.split("\n", -1)) {
            boolean marker = line.startsWith("%") || line.matches("(---|\\.\\.\\.)\\s*(#.*)?\r?");
            if (!marker) {
                out.append(line).append('\n');
            }
        }
        return out.toString();
    }

    private static String block(Node.Mapping root) {
        StringBuilder out = new StringBuilder();
        for (Node.Entry entry : root.entries()) {
            out.append(entry.key().text()).append(": ");
            flow(entry.value(), out);
            out.append('\n');
        }
        return out.toString();
    }

    private static void flow(Node node, StringBuilder out) {
        if (node instanceof Node.Scalar scalar) {
            out.append(scalar.isEmpty() ? "~" : quote(scalar.text()));
        } else if (node instanceof Node.Sequence list) {
            out.append('[');
            for (int i = 0; i < list.items().size(); i++) {
                out.append(i == 0 ? "" : ", ");
                flow(list.items().get(i), out);
            }
            out.append(']');
        } else if (node instanceof Node.Mapping mapping) {
            out.append('{');
            for (int i = 0; i < mapping.entries().size(); i++) {
                Node.Entry entry = mapping.entries().get(i);
                out.append(i == 0 ? "" : ", ").append(quote(entry.key().text())).append(": ");
                flow(entry.value(), out);
            }
            out.append('}');
        }
    }

    private static String quote(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ' || c == 0x7f || c == '\u0085' || c == '\u2028' || c == '\u2029' || c == '\ufeff') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}
