package io.jbox.cli;

import io.jbox.Box;
import io.jbox.json.Json;
import io.jbox.store.ImageRecord;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code jbox commit BOX [NAME]}: makes an image of a box. */
final class CommitCommand implements Command {
    @Override
    public CommandSpec spec() {
        return new CommandSpec(
                "commit",
                "BOX [NAME]",
                "makes an image of a box's root file system, for rootfs.image: \"store:NAME\"",
                "The image has all files that the box sees, sockets and mounts excepted, and its init as the command.\n"
                        + "NAME is the box's own by default. The box must be stopped or frozen.\n",
                List.of(Option.PATH, Option.JSON),
                true);
    }

    @Override
    public int run(Arguments arguments, Surroundings surroundings) {
        List<String> operands = arguments.operands();
        if (operands.isEmpty() || operands.size() > 2) {
            throw arguments.usage("expected a box, and the image's name");
        }
        Box box = surroundings.jbox(arguments).box(operands.get(0));
        String name = operands.size() == 2 ? operands.get(1) : box.name();
        ImageRecord image = box.files().commit(name);
        if (arguments.has(Option.JSON)) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("image", "store:" + name);
            entry.put("manifest", image.manifest());
            entry.put("tree", image.tree());
            entry.put("bytes", image.bytes());
            surroundings.out().println(Json.write(entry));
        } else {
            surroundings.out().println("store:" + name);
        }
        return 0;
    }
}
