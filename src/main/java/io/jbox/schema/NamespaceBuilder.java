package io.jbox.schema;

import io.jbox.config.Config;
import io.jbox.config.IdMapping;
import io.jbox.config.Namespace;
import io.jbox.config.Net;
import io.jbox.config.NetType;
import io.jbox.config.Value;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Builds the list of the box's own namespaces, and the settings that depend on it: id map and kernel parameters. */
final class NamespaceBuilder {
    private final Section root;
    private final List<Problem> problems;

    /** @param problems receives the problems found */
    NamespaceBuilder(Section root, List<Problem> problems) {
        this.root = root;
        this.problems = problems;
    }

    Config.Namespaces namespaces(List<Net> net, Value<String> utsName) {
        List<Value<IdMapping>> idmap = idmap();
        Section section = root.section(Keys.NAMESPACE);
        Value<List<Value<Namespace>>> clone = section.find(Keys.NAMESPACE_CLONE);
        Value<List<Value<Namespace>>> keep = section.find(Keys.NAMESPACE_KEEP);
        if (clone != null && keep != null) {
            problems.add(new Problem(
                    "namespace: clone and keep exclude each other", keep.place(), "clone is at " + clone.place()));
        }
        Set<Namespace> fresh =
                EnumSet.of(Namespace.MNT, Namespace.PID, Namespace.UTS, Namespace.IPC, Namespace.NET, Namespace.CGROUP);
        Place place = section.place();
        if (clone != null) {
            fresh.clear();
            for (Value<Namespace> value : clone.get()) {
                fresh.add(value.get());
            }
            place = clone.place();
        }
        if (keep != null) {
            for (Value<Namespace> value : keep.get()) {
                fresh.remove(value.get());
            }
            place = keep.place();
        }
        if (fresh.remove(Namespace.USER) && idmap.get(0).get() == IdMapping.NONE) {
            problems.add(new Problem("namespace: user needs an idmap", place, "\"idmap: auto\""));
        }
        if (!fresh.contains(Namespace.MNT) || !fresh.contains(Namespace.PID)) {
            problems.add(new Problem("namespace: mnt and pid are always the box's own", place));
        }
        boolean none = !net.isEmpty() && net.get(0).is(NetType.NONE);
        if (none) {
            if (clone != null && fresh.contains(Namespace.NET)) {
                problems.add(new Problem(
                        "namespace: clone contains net, but \"net\" has type none, which shares the host's network",
                        place));
            }
            fresh.remove(Namespace.NET);
        } else if (!fresh.contains(Namespace.NET)) {
            boolean written = !net.isEmpty() && !net.get(0).type().place().isDefault();
            if (written) {
                problems.add(new Problem(
                        "net: the box shares the host's net namespace",
                        net.get(0).type().place(),
                        "type none, or clone net"));
            }
        }
        return new Config.Namespaces(List.copyOf(fresh), place, idmap, utsName);
    }

    Map<String, Value<String>> sysctl(Config.Namespaces namespaces) {
        Map<String, Value<String>> sysctl = new LinkedHashMap<>();
        for (Map.Entry<String, Value<String>> entry : root.table(Keys.SYSCTL).entrySet()) {
            String name = entry.getKey().replace('/', '.');
            Place place = entry.getValue().place();
            Namespace owner = Sysctls.owner(name);
            if (owner == null) {
                problems.add(new Problem(
                        "sysctl: " + name + " belongs to the whole host",
                        place,
                        "only parameters of the box's own namespaces can be set: " + Sysctls.KNOWN));
            } else if (!namespaces.fresh().contains(owner)) {
                problems.add(new Problem(
                        "sysctl: " + name + " belongs to the " + owner.label() + " namespace, which is the host's",
                        place));
            }
            sysctl.put(name, entry.getValue());
        }
        return sysctl;
    }

    private List<Value<IdMapping>> idmap() {
        List<Value<IdMapping>> mappings = root.list(Keys.IDMAP);
        for (Value<IdMapping> mapping : mappings) {
            boolean word = mapping.get() == IdMapping.NONE || mapping.get() == IdMapping.AUTO;
            if (word && mappings.size() > 1) {
                problems.add(new Problem("idmap: " + mapping.get() + " must be alone", mapping.place()));
            }
        }
        refuseWithoutRoot(mappings);
        return mappings;
    }

    /** Refuses id maps without the box's root, which the first process needs to set up the box. */
    private void refuseWithoutRoot(List<Value<IdMapping>> mappings) {
        boolean users = false;
        boolean groups = false;
        for (Value<IdMapping> mapping : mappings) {
            if (mapping.get() == IdMapping.NONE || mapping.get() == IdMapping.AUTO) {
                return;
            }
            users |= mapping.get().inside() == 0 && mapping.get().mapsUsers();
            groups |= mapping.get().inside() == 0 && mapping.get().mapsGroups();
        }
        if (!users || !groups) {
            problems.add(new Problem(
                    "idmap: the box has no root " + (users ? "group" : "user"),
                    mappings.get(0).place(),
                    "map id 0 as well, such as \"" + (users ? "g" : "u") + " 0 100000 1000\""));
        }
    }
}
