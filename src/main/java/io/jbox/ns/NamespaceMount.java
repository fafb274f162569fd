package io.jbox.ns;

import io.jbox.config.Namespace;
import io.jbox.kernel.MountTable;
import java.io.BufferedReader;
import java.io.FileReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A namespace mounted on a file: a line of mountinfo with the file system nsfs (proc(5)).
 *
 * @param id of the namespace
 * @param kind of it
 * @param point the file it is mounted on
 */
public record NamespaceMount(long id, Namespace kind, String point) {
    private static final int ROOT = 3;
    private static final int POINT = 4;

    /** Reads those in a file like /proc/self/mountinfo; none if it cannot be read. */
    static List<NamespaceMount> read(String file) {
        List<NamespaceMount> mounts = new ArrayList<>();
        try (BufferedReader in = new BufferedReader(new FileReader(file, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                NamespaceMount mount = line.contains(" - nsfs ") ? parse(line) : null;
                if (mount != null) {
                    mounts.add(mount);
                }
            }
        } catch (IOException e) {
            return mounts;
        }
        return mounts;
    }

    private static @Nullable NamespaceMount parse(String line) {
        String[] fields = line.split(" ", POINT + 2);
        Namespace kind = kind(fields[ROOT]);
        return kind == null
                ? null
                : new NamespaceMount(
                        ProcessScan.id(fields[ROOT].getBytes(StandardCharsets.ISO_8859_1)),
                        kind,
                        MountTable.unescaped(fields[POINT]));
    }

    /** The type in a text such as {@code net:[4026531840]}; null if it has another format. */
    static @Nullable Namespace kind(String link) {
        for (Namespace kind : Namespace.values()) {
            String label = kind.label();
            if (link.startsWith(label) && link.startsWith(":[", label.length())) {
                return kind;
            }
        }
        return null;
    }
}
