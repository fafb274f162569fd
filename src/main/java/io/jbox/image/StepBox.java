package io.jbox.image;

import io.jbox.config.IdMapping;
import io.jbox.json.Json;
import io.jbox.store.ImageRecord;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The configuration of a box in which a root file system is completed. */
public final class StepBox {
    private StepBox() {}

    /**
     * Returns the configuration as JSON, which is also YAML.
     *
     * @param tree the root file system as it is
     * @param upper an empty folder, for what the step changes
     * @param ids that the box must have; empty for its usual ids
     * @param network whether it has outgoing connections
     * @param user whether an ordinary user runs it
     */
    public static String text(
            String name,
            String tree,
            String upper,
            List<IdMapping> ids,
            boolean network,
            boolean user,
            ImageRecord.Run run) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("name", name);
        all.put("rootfs", Map.of("path", "overlay:" + tree + ":" + upper));
        all.put("environment", run.environment());
        Map<String, Object> connected = user
                ? Map.of("type", "user")
                : Map.of("type", "veth", "flags", "up", "ipv4", Map.of("address", "auto", "gateway", "auto"));
        all.put("net", List.of(network ? connected : Map.of("type", "empty", "flags", "up")));
        if (!ids.isEmpty()) {
            all.put("idmap", IdMapping.texts(ids));
        }
        return Json.write(all) + "\n";
    }
}
