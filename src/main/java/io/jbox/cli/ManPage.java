package io.jbox.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Generates a manual page in man(7) macros from a command's description and examples. */
final class ManPage {
    private static final String TOOL_EXIT =
            "That of the program; 128 + N if signal N killed it, which kills the command as well. 1 if something failed"
                    + " before it, 126 if the program cannot be executed, 127 if it was not found.";
    private static final String EXIT =
            "0, or that of the program that was run, 128 + N if signal N has killed it. 125 if"
                    + " jbox failed, 126 if the program cannot be executed, 127 if it was not found, 2 for wrong usage.";

    private final CommandSpec spec;
    private final List<Example> examples;

    ManPage(CommandSpec spec, List<Example> examples) {
        this.spec = spec;
        this.examples = examples;
    }

    /** The name of the file, without its section. */
    static String name(String command) {
        return "jbox-" + command;
    }

    /** Returns the page. */
    String text() {
        StringBuilder out = new StringBuilder();
        String name = name(spec.name());
        out.append(".TH ").append(name.toUpperCase(Locale.ROOT)).append(" 1 \"\" jbox \"jbox manual\"\n");
        out.append(".SH NAME\n").append(escaped(name)).append(" \\- ").append(escaped(spec.about()));
        out.append("\n.SH SYNOPSIS\n.B jbox ").append(escaped(spec.name())).append("\n[OPTIONS]");
        out.append(spec.operands().isEmpty() ? "" : " " + escaped(spec.operands()))
                .append('\n');
        out.append(".SH DESCRIPTION\n");
        paragraphs(out);
        out.append(".SH OPTIONS\n");
        List<Option> options = new ArrayList<>(spec.options());
        options.add(Option.HELP);
        for (Option option : options) {
            out.append(".TP\n.B ").append(escaped(option.usage().strip())).append('\n');
            out.append(sentence(option.about())).append('\n');
        }
        out.append(".SH EXIT STATUS\n")
                .append(escaped(spec.tool() ? TOOL_EXIT : EXIT))
                .append('\n');
        for (Example example : examples) {
            out.append(example == examples.get(0) ? ".SH EXAMPLES\n" : ".PP\n");
            out.append(sentence(example.about())).append("\n.PP\n.nf\n.RS 4\n");
            for (String line : example.lines()) {
                out.append(escaped(line)).append('\n');
            }
            out.append(".RE\n.fi\n");
        }
        out.append(".SH SEE ALSO\n").append(original(spec.name())).append("\\fBjbox\\fR(1), \\fBjbox.yaml\\fR(5)\n");
        return out.toString();
    }

    /** Fills text; indented lines, and lines that begin with a column's name, stay unchanged. */
    private void paragraphs(StringBuilder out) {
        out.append(sentence(spec.about())).append('\n');
        boolean filled = true;
        boolean first = true;
        for (String line : spec.details().split("\n")) {
            if (line.isBlank()) {
                continue;
            }
            boolean text = !line.startsWith("  ");
            if (first || text != filled) {
                out.append(first ? "" : filled ? "" : ".RE\n.fi\n")
                        .append(".PP\n")
                        .append(text ? "" : ".nf\n.RS 4\n");
            }
            out.append(escaped(line.strip())).append('\n');
            filled = text;
            first = false;
        }
        out.append(filled ? "" : ".RE\n.fi\n");
    }

    private static String original(String command) {
        String page = switch (command) {
            case "unshare" -> "\\fBunshare\\fR(1), \\fBunshare\\fR(2), \\fBnamespaces\\fR(7)";
            case "nsenter" -> "\\fBnsenter\\fR(1), \\fBsetns\\fR(2), \\fBnamespaces\\fR(7)";
            case "lsns", "ns" -> "\\fBlsns\\fR(8), \\fBnamespaces\\fR(7)";
            case "netns" -> "\\fBip-netns\\fR(8), \\fBnetwork_namespaces\\fR(7)";
            default -> "";
        };
        return page.isEmpty() ? "" : page + ", ";
    }

    static String sentence(String text) {
        String escaped = escaped(text);
        boolean ended = text.isEmpty() || ".:?!".indexOf(text.charAt(text.length() - 1)) >= 0;
        return escaped.isEmpty()
                ? ""
                : Character.toUpperCase(escaped.charAt(0)) + escaped.substring(1) + (ended ? "" : ".");
    }

    /** Text for man(7). */
    static String escaped(String text) {
        String plain = text.replace("\\", "\\e")
                .replace("-", "\\-")
                .replace("'", "\\(aq")
                .replace("`", "\\(ga");
        plain = plain.replace("^", "\\(ha").replace("~", "\\(ti").replace("\"", "\\(dq");
        return plain.startsWith(".") ? "\\&" + plain : plain;
    }
}
