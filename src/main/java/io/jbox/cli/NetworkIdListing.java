package io.jbox.cli;

import io.jbox.json.Json;
import io.jbox.ns.NamespaceEntry;
import io.jbox.ns.NetworkIds;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Network namespaces with their ids, as ip-netns(8) lists them. */
final class NetworkIdListing {
    /** For an id that is not given. */
    static final int ANY = -1;

    private final NetworkIds networks;
    private final boolean json;

    NetworkIdListing(NetworkIds networks, boolean json) {
        this.networks = networks;
        this.json = json;
    }

    /** All names, with their ids here. */
    String names() {
        StringBuilder out = new StringBuilder();
        List<Object> objects = new ArrayList<>();
        for (Map.Entry<String, Integer> entry : networks.ofNames().entrySet()) {
            boolean assigned = entry.getValue() != NamespaceEntry.UNASSIGNED;
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("name", entry.getKey());
            if (assigned) {
                object.put("id", entry.getValue());
            }
            objects.add(object);
            out.append(entry.getKey())
                    .append(assigned ? " (id: " + entry.getValue() + ")" : "")
                    .append('\n');
        }
        return text(objects, out);
    }

    /**
     * The ids by which a network namespace knows others, with their names.
     *
     * @param target its id here; {@link #ANY} for our own
     * @param only the one to list, or {@link #ANY}
     * @return null if it is not there
     */
    @Nullable
    String ids(int target, int only) {
        Map<Integer, NetworkIds.Known> known = networks.known(target);
        if (only != ANY && !known.containsKey(only)) {
            return null;
        }
        StringBuilder out = new StringBuilder();
        List<Object> objects = new ArrayList<>();
        for (Map.Entry<Integer, NetworkIds.Known> entry : known.entrySet()) {
            if (only == ANY || only == entry.getKey()) {
                describe(entry.getKey(), entry.getValue(), target != ANY, objects, out);
            }
        }
        return text(objects, out);
    }

    private String text(List<Object> objects, StringBuilder out) {
        return json ? Json.write(objects) + "\n" : out.toString();
    }

    private static void describe(
            int id, NetworkIds.Known known, boolean elsewhere, List<Object> objects, StringBuilder out) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("nsid", id);
        out.append("nsid ").append(id);
        if (elsewhere) {
            boolean assigned = known.here() != NamespaceEntry.UNASSIGNED;
            out.append(" current-nsid ").append(assigned ? Integer.toString(known.here()) : "unassigned");
            object.put("current-nsid", assigned ? (Object) known.here() : "unassigned");
        }
        String name = known.name();
        if (name != null) {
            object.put("name", name);
            out.append(" (iproute2 netns name: ").append(name).append(')');
        }
        objects.add(object);
        out.append('\n');
    }
}
