package io.jbox.ns;

import io.jbox.config.Namespace;
import io.jbox.plan.Descriptors;
import io.jbox.program.Descriptor;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The files that nsenter opens before it becomes a program: namespaces, directories, cgroups, and the target process.
 */
public final class EnterFiles {
    private final Map<Namespace, Integer> namespaces = new EnumMap<>(Namespace.class);
    private final Map<Descriptor, Integer> others = new HashMap<>();

    /** @param target whose namespaces are entered, or null */
    public EnterFiles(@Nullable Target target) {
        if (target != null) {
            others.put(Descriptors.TARGET, target.descriptor());
        }
    }

    /** Adds a namespace; replaces an earlier one of the same type. */
    public void namespace(Namespace namespace, int descriptor) {
        namespaces.put(namespace, descriptor);
    }

    /** The types of the added namespaces. */
    public Set<Namespace> namespaces() {
        return new TreeSet<>(namespaces.keySet());
    }

    /** The descriptor of a namespace; -1 if there is none. */
    public int descriptor(Namespace namespace) {
        return namespaces.getOrDefault(namespace, -1);
    }

    /** Sets the new root directory; -1 for none. */
    public void root(int descriptor) {
        put(Descriptors.NEW_ROOT, descriptor);
    }

    /** Sets the new working directory; -1 for none. */
    public void folder(int descriptor) {
        put(Descriptors.NEW_FOLDER, descriptor);
    }

    /** Sets the cgroup.procs files of the cgroups to join. */
    public void cgroups(List<Integer> descriptors) {
        for (int i = 0; i < descriptors.size(); i++) {
            others.put(Descriptors.procs(i), descriptors.get(i));
        }
    }

    private void put(Descriptor name, int descriptor) {
        if (descriptor >= 0) {
            others.put(name, descriptor);
        }
    }

    Map<Descriptor, Integer> given() {
        Map<Descriptor, Integer> given = new HashMap<>(others);
        namespaces.forEach((namespace, descriptor) -> given.put(Descriptors.namespace(namespace), descriptor));
        return given;
    }
}
