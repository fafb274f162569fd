package io.jbox.cli;

import io.jbox.config.Namespace;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The options -m, -u, -i, -n, -p, -U, -C and -T, each with an optional file. */
final class NamespaceOptions {
    private final Map<Namespace, Option> options = new EnumMap<>(Namespace.class);

    /**
     * @param argument {@code [FILE]} or {@code [=FILE]}
     * @param about one line with a %s for the namespace
     */
    NamespaceOptions(String argument, String about) {
        add(Namespace.MNT, 'm', "mount", argument, about, "mount");
        add(Namespace.UTS, 'u', "uts", argument, about, "UTS");
        add(Namespace.IPC, 'i', "ipc", argument, about, "IPC");
        add(Namespace.NET, 'n', "net", argument, about, "network");
        add(Namespace.PID, 'p', "pid", argument, about, "PID");
        add(Namespace.USER, 'U', "user", argument, about, "user");
        add(Namespace.CGROUP, 'C', "cgroup", argument, about, "cgroup");
        add(Namespace.TIME, 'T', "time", argument, about, "time");
    }

    private void add(Namespace namespace, char letter, String name, String argument, String about, String shown) {
        options.put(namespace, new Option(letter, name, argument, about.replace("%s", shown)));
    }

    List<Option> list() {
        return new ArrayList<>(options.values());
    }

    /** The namespaces given. */
    Set<Namespace> asked(Arguments arguments) {
        Set<Namespace> asked = new TreeSet<>();
        for (Map.Entry<Namespace, Option> entry : options.entrySet()) {
            if (arguments.has(entry.getValue())) {
                asked.add(entry.getKey());
            }
        }
        return asked;
    }

    /** The files given with them. */
    Map<Namespace, String> files(Arguments arguments) {
        Map<Namespace, String> files = new EnumMap<>(Namespace.class);
        for (Map.Entry<Namespace, Option> entry : options.entrySet()) {
            for (String file : arguments.values(entry.getValue())) {
                if (!file.isEmpty()) {
                    files.put(entry.getKey(), file);
                }
            }
        }
        return files;
    }
}
