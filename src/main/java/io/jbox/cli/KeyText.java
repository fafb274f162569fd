package io.jbox.cli;

import io.jbox.schema.KeyReference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the reference says of keys, for a terminal, a manual page and programs. */
final class KeyText {
    private KeyText() {}

    /** Paragraphs, one for each key. */
    static String of(List<KeyReference.Entry> entries) {
        StringBuilder out = new StringBuilder();
        for (KeyReference.Entry entry : entries) {
            out.append(out.isEmpty() ? "" : "\n").append(entry.path()).append('\n');
            out.append("  ").append(entry.about()).append(".\n");
            facts(entry)
                    .forEach((name, text) -> out.append("  ")
                            .append(name)
                            .append(": ")
                            .append(text)
                            .append('\n'));
        }
        return out.toString();
    }

    /** What is known of a key besides its meaning, by name. */
    private static Map<String, String> facts(KeyReference.Entry entry) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("type", entry.type());
        if (entry.byDefault() != null) {
            facts.put("default", entry.byDefault());
        }
        if (entry.root() != null) {
            facts.put("needs root", entry.root());
        }
        if (entry.lxc() != null) {
            facts.put("in LXC", entry.lxc());
        }
        facts.put("example", entry.example());
        return facts;
    }

    /** Manual page jbox.yaml(5). */
    static String page(List<KeyReference.Entry> entries) {
        StringBuilder out = new StringBuilder(".TH JBOX.YAML 5 \"\" jbox \"jbox manual\"\n");
        out.append(".SH NAME\njbox.yaml \\- configuration of a box\n.SH DESCRIPTION\n");
        out.append(
                        "A box is described by one YAML file. Most keys are those of \\fBlxc.container.conf\\fR(5) without\n")
                .append(
                        "\\(lqlxc.\\(rq, nested at the dots; net is a list. Keys for which no name in LXC is given are jbox\\(aqs own. Relative paths are relative to the file.\n")
                .append(
                        "Values are text: yes is no truth value, and 010 is no octal number. Unknown and duplicate keys,\n")
                .append("wrong types and impossible combinations are errors that name line and column.\n.PP\n")
                .append(
                        "A box NAME is looked for in /var/lib/jbox/NAME/config.yaml, in ./NAME.yaml and in the folders of JBOX_CONFIG_PATH.\n")
                .append(
                        "N stands for the place of an element in a list; with the option \\-s of a command it is a number from 0: \\-s net.0.mtu=1400.\n")
                .append(".SH KEYS\n");
        for (KeyReference.Entry entry : entries) {
            out.append(".TP\n.B ").append(ManPage.escaped(entry.path())).append('\n');
            out.append(ManPage.sentence(entry.about())).append('\n');
            facts(entry)
                    .forEach((name, text) -> out.append(".br\n")
                            .append(ManPage.escaped(name + ": " + text))
                            .append('\n'));
        }
        return out.append(".SH SEE ALSO\n\\fBjbox\\fR(1), \\fBjbox-config\\fR(1), \\fBlxc.container.conf\\fR(5)\n")
                .toString();
    }

    /** The same for programs. */
    static List<Object> json(List<KeyReference.Entry> entries) {
        List<Object> all = new ArrayList<>();
        for (KeyReference.Entry entry : entries) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("key", entry.path());
            one.put("about", entry.about());
            facts(entry).forEach((name, text) -> one.put(name.replace(' ', '_'), text));
            all.add(one);
        }
        return all;
    }
}
