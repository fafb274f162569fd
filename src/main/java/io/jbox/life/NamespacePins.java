package io.jbox.life;

import io.jbox.kernel.Kernel;
import io.jbox.kernel.KernelException;
import io.jbox.kernel.Mounts;
import io.jbox.plan.HookEnvironment;
import io.jbox.problem.JboxException;
import java.io.BufferedReader;
import java.io.File;
import java.io.FileReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Bind mounts that keep a box's namespaces although no process is in them (namespaces(7)). */
final class NamespacePins {
    private final Kernel kernel;
    /** Folder of the pins in a box's state folder. */
    static final String FOLDER = "ns";

    private final File folder;

    /** @param state the box's state folder */
    NamespacePins(Kernel kernel, String state) {
        this.kernel = kernel;
        this.folder = new File(state, FOLDER);
    }

    void pin(int init, List<String> namespaces) {
        if (!folder.mkdir() && !folder.isDirectory()) {
            return;
        }
        for (String namespace : namespaces) {
            File pin = new File(folder, namespace);
            try {
                if (!pin.createNewFile()) {
                    continue;
                }
                Mounts.bind(kernel, "/proc/" + init + "/ns/" + namespace, pin.getPath());
            } catch (IOException | KernelException e) {
                continue; // a hook will miss it
            }
        }
    }

    /** Whether a namespace is pinned: a file without a mount pins nothing. */
    boolean has(String namespace) {
        String point = " " + new File(folder, namespace).getPath() + " ";
        try (BufferedReader in = new BufferedReader(new FileReader("/proc/self/mountinfo", StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.contains(point)) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            return false;
        }
    }

    /** The variables with which a hook finds them: LXC_NET_NS and so on. */
    List<String> environment() {
        List<String> variables = new ArrayList<>();
        String[] names = folder.list();
        for (String name : names == null ? new String[0] : names) {
            HookEnvironment.add(name.toUpperCase(Locale.ROOT) + "_NS", new File(folder, name).getPath(), variables);
        }
        return variables;
    }

    void release() {
        File[] pins = folder.listFiles();
        for (File pin : pins == null ? new File[0] : pins) {
            unpin(pin.getPath());
            delete(pin);
        }
        delete(folder);
    }

    private void unpin(String pin) {
        try {
            while (true) {
                Mounts.detach(kernel, pin);
            }
        } catch (KernelException e) {
            // EINVAL: nothing is mounted there any more.
            return;
        }
    }

    private static void delete(File file) {
        if (!file.delete() && file.exists()) {
            throw new JboxException(file + ": cannot be removed");
        }
    }
}
