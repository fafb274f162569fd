package io.jbox.ns;

import io.jbox.config.Namespace;
import io.jbox.kernel.Fd;
import io.jbox.kernel.Kernel;
import io.jbox.kernel.NativeKernel;
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
 *
 * <p>Methods that concern the target fail if there is none.
 */
public final class EnterFiles {
    private final Kernel kernel = NativeKernel.open();
    private final @Nullable Target target;
    private final Map<Namespace, Fd> namespaces = new EnumMap<>(Namespace.class);
    private final Map<Descriptor, Fd> others = new HashMap<>();

    /** @param target whose namespaces are entered, or null */
    public EnterFiles(@Nullable Target target) {
        this.target = target;
        if (target != null) {
            others.put(Descriptors.TARGET, target.descriptor());
        }
    }

    private Target target() {
        if (target == null) {
            throw new IllegalStateException("there is no target");
        }
        return target;
    }

    /** Adds the namespace of a file; replaces an earlier one of the same type. */
    public void namespace(Namespace namespace, String file) {
        namespaces.put(namespace, Target.open(kernel, file));
    }

    /** Adds the network namespace in which one of the target's sockets was made. */
    public void networkOfSocket(int number) {
        namespaces.put(Namespace.NET, target().networkOfSocket(number));
    }

    /**
     * Adds the user namespace that contains the added one, or else owns another that is added without a target, or else
     * contains the target's.
     */
    public void parent() {
        Fd user = namespaces.get(Namespace.USER);
        if (user == null && target == null && !namespaces.isEmpty()) {
            user = namespaces.get(namespaces().iterator().next());
        }
        Fd below = user == null ? target().open("ns/user") : user;
        namespaces.put(Namespace.USER, Target.userNamespaceOf(below));
    }

    /** The types of the added namespaces. */
    public Set<Namespace> namespaces() {
        return new TreeSet<>(namespaces.keySet());
    }

    /** Sets the new root directory; empty for the target's. */
    public void root(String path) {
        others.put(Descriptors.NEW_ROOT, path.isEmpty() ? target().open("root") : Target.open(kernel, path));
    }

    /** Sets the new working directory; empty for the target's. */
    public void folder(String path) {
        others.put(Descriptors.NEW_FOLDER, path.isEmpty() ? target().open("cwd") : Target.open(kernel, path));
    }

    /** Adds the cgroups of the target; returns their number. */
    public int cgroups() {
        List<Fd> files = target().cgroups();
        for (int i = 0; i < files.size(); i++) {
            others.put(Descriptors.procs(i), files.get(i));
        }
        return files.size();
    }

    Map<Descriptor, Fd> given() {
        Map<Descriptor, Fd> given = new HashMap<>(others);
        namespaces.forEach((namespace, descriptor) -> given.put(Descriptors.namespace(namespace), descriptor));
        return given;
    }
}
