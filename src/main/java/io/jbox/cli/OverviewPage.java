package io.jbox.cli;

import java.util.LinkedHashMap;
import java.util.Map;

/** Manual page jbox(1): what all commands have in common. */
final class OverviewPage {
    private OverviewPage() {}

    /** Files and folders, and what they are for. */
    private static final Map<String, String> FILES = table(
            "/var/lib/jbox/NAME",
            "a box that is defined: config.yaml, and rootfs unless the configuration names another; -P names another folder",
            "/run/jbox/NAME",
            "the state of a box that runs, its console's log (console.log) and its own log (log); root's alone",
            "/var/cache/jbox",
            "programs of boxes that are used without a JVM, and what speeds the JVM up; may be removed at any time",
            "/etc/jbox/net.yaml",
            "jbox's own bridges, if they are to differ from the usual one; jbox help net says how",
            "/etc/subuid, /etc/subgid",
            "the ids that boxes may have: root's lines, and those of users who have boxes of their own",
            "$XDG_DATA_HOME/jbox, $XDG_RUNTIME_DIR/jbox, $XDG_CACHE_HOME/jbox",
            "the same folders of a user who is not root; without the variables ~/.local/share/jbox and so on");

    /** Variables that jbox looks at. */
    private static final Map<String, String> VARIABLES = table(
            "JBOX_CONFIG_PATH",
            "folders to look for NAME.yaml in, separated by colons; by default the examples of jbox",
            "JBOX_NET_CONFIG",
            "the file that describes jbox's own bridges; by default /etc/jbox/net.yaml",
            "JBOX_JAVA",
            "the java to run; by default that of JAVA_HOME, else the first in PATH",
            "JBOX_PROGRAM",
            "off leads to the JVM, where a program of the box would have been executed",
            "JBOX_TRACE",
            "set to anything: prints a stack trace with an error that is a bug in jbox");

    private static final Map<String, String> EXIT = table(
            "0, or the code of the program that was run",
            "all went well; run, exec, start -F and the namespace tools end as the program did",
            "128 + N",
            "signal N has killed the program",
            "125",
            "jbox failed; what it had begun is undone",
            "126, 127",
            "the program cannot be executed, or was not found",
            "1",
            "the answer of check, wait and net status is no; unshare, nsenter, lsns and netns have failed",
            "2",
            "wrong usage (1 for unshare, nsenter and lsns)");

    private static Map<String, String> table(String... cells) {
        Map<String, String> table = new LinkedHashMap<>();
        for (int i = 0; i < cells.length; i += 2) {
            table.put(cells[i], cells[i + 1]);
        }
        return table;
    }

    static String text() {
        StringBuilder out = new StringBuilder(".TH JBOX 1 \"\" jbox \"jbox manual\"\n");
        out.append(".SH NAME\njbox \\- starts Linux containers that are described in YAML\n");
        out.append(".SH SYNOPSIS\n.B jbox\nCOMMAND [OPTIONS] ...\n.SH DESCRIPTION\n");
        out.append("A box has namespaces of its own, a root file system, and an init of its choice as PID 1.\n")
                .append(
                        "\\fBjbox.yaml\\fR(5) has the keys of its configuration, and \\fBjbox help\\fR COMMAND the options of\n")
                .append("a command. \\fBjbox plan\\fR NAME prints all that a start would do.\n")
                .append(".SH COMMANDS\n");
        for (String name : Commands.NAMES) {
            out.append(".TP\n.B ").append(ManPage.escaped(ManPage.name(name))).append("(1)\n");
            out.append(ManPage.sentence(Commands.find(name).spec().about())).append('\n');
        }
        section("EXIT STATUS", EXIT, out);
        section("FILES", FILES, out);
        section("ENVIRONMENT", VARIABLES, out);
        out.append(".SH EXAMPLES\n.nf\n.RS 4\n")
                .append("jbox start bbox; jbox console bbox\njbox exec bbox \\-\\- ps\njbox stop bbox\n.RE\n.fi\n");
        return out.append(
                        ".SH SEE ALSO\n\\fBjbox.yaml\\fR(5), \\fBlxc\\fR(7), \\fBnamespaces\\fR(7), \\fBcgroups\\fR(7)\n")
                .toString();
    }

    private static void section(String heading, Map<String, String> table, StringBuilder out) {
        out.append(".SH ").append(heading).append('\n');
        table.forEach((name, about) -> out.append(".TP\n.B ")
                .append(ManPage.escaped(name))
                .append('\n')
                .append(ManPage.sentence(about))
                .append('\n'));
    }
}
