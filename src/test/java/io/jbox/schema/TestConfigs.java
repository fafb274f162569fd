package io.jbox.schema;

import io.jbox.config.Config;
import io.jbox.problem.JboxException;
import io.jbox.problem.Problem;
import io.jbox.problem.Source;
import io.jbox.yaml.Node;
import io.jbox.yaml.YamlParser;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/** Short ways to configurations and to what is wrong with them. */
public final class TestConfigs {
    private TestConfigs() {}

    /** The configuration of a text. */
    public static Config of(String yaml) {
        Node root = YamlParser.parse(new Source("test.yaml", yaml));
        List<Problem> problems = new ArrayList<>();
        Section section = Keys.ROOT.read(root, "", problems);
        if (section == null) {
            throw new JboxException(problems, JboxException.FAILED);
        }
        return new ConfigBuilder(section, new Fstab(new HashSet<>()), problems)
                .build("test", "/var/lib/jbox/test/rootfs", name -> "/var/lib/jbox/" + name + "/rootfs", null, null);
    }

    /** All that is wrong with a text, rendered. */
    static String errors(String yaml) {
        try {
            of(yaml);
            return "";
        } catch (JboxException e) {
            StringBuilder out = new StringBuilder();
            for (Problem problem : e.problems()) {
                out.append(problem.render());
            }
            return out.toString();
        }
    }
}
