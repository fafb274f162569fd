package io.jbox.life;

import io.jbox.problem.Place;
import io.jbox.store.ImageRecord;
import io.jbox.yaml.Node;
import io.jbox.yaml.Nodes;
import java.util.ArrayList;
import java.util.List;

/** Turns the settings in an image, such as its command and environment, into configuration keys. */
final class ImageSettings {
    private ImageSettings() {}

    /** @param place of all of it */
    static Node.Mapping of(ImageRecord.Run run, Place place) {
        Nodes nodes = new Nodes(place);
        List<Node.Entry> init = new ArrayList<>();
        if (!run.command().isEmpty()) {
            init.add(nodes.entry("cmd", nodes.list(run.command())));
        }
        init.add(nodes.entry("uid", Long.toString(run.uid())));
        init.add(nodes.entry("gid", Long.toString(run.gid())));
        if (!run.groups().isEmpty()) {
            List<String> groups = new ArrayList<>();
            for (Long group : run.groups()) {
                groups.add(group.toString());
            }
            init.add(nodes.entry("groups", nodes.list(groups)));
        }
        init.add(nodes.entry("cwd", run.cwd()));
        List<Node.Entry> all = new ArrayList<>(List.of(nodes.entry("init", nodes.mapping(init))));
        if (!run.environment().isEmpty()) {
            all.add(nodes.entry("environment", nodes.list(run.environment())));
        }
        return nodes.mapping(all);
    }
}
