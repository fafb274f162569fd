package io.jbox.schema;

import io.jbox.config.Nearest;
import io.jbox.problem.Problem;
import io.jbox.yaml.Node;
import java.util.List;

/** Suggests what the user may have meant by an unknown key. */
final class UnknownKey {
    private UnknownKey() {}

    /**
     * Says what is wrong with a key.
     *
     * @param path of the section that it is in
     * @param known the keys of that section
     */
    static Problem problem(Node.Scalar key, String path, List<String> known) {
        String name = key.text();
        String subject = path.isEmpty() ? "unknown key \"" : path + ": unknown key \"";
        String hint;
        String nearest = Nearest.find(name, known);
        String home = Keys.findPath(name);
        int dot = name.indexOf('.');
        String table = Keys.inTable(name.startsWith("lxc.") ? name.substring(4) : name);
        String lxc = LxcKeys.hint(path.isEmpty() ? name : path + "." + name);
        if (lxc != null) {
            hint = lxc;
        } else if (table != null) {
            hint = "write it as " + table;
        } else if (name.equals("<<")) {
            hint = "merge keys are not supported: use include";
        } else if (dot > 0 && Keys.findPath(name.startsWith("lxc.") ? name.substring(4) : name) != null) {
            hint = "nest it at the dots: " + nested(name.startsWith("lxc.") ? name.substring(4) : name);
        } else if (nearest != null) {
            hint = "did you mean \"" + nearest + "\"?";
        } else if (home != null) {
            hint = "it is written as " + home;
        } else {
            hint = "known here: " + String.join(", ", known);
        }
        return new Problem(subject + name + "\"", key.place(), hint);
    }

    private static String nested(String dotted) {
        StringBuilder out = new StringBuilder();
        StringBuilder end = new StringBuilder();
        String[] parts = dotted.split("\\.");
        for (int i = 0; i < parts.length; i++) {
            boolean number = i > 0 && !parts[i].isEmpty() && Character.isDigit(parts[i].charAt(0));
            if (number) {
                // A list element.
                out.append(": [");
                end.insert(0, ']');
                continue;
            }
            boolean inList = i > 1 && out.toString().endsWith("[");
            out.append(i == 0 ? "" : inList ? "{" : ": {").append(parts[i]);
            end.insert(0, i == 0 ? "" : "}");
        }
        return out + ": ..." + end;
    }
}
