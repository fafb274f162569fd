package io.jbox.schema;

import io.jbox.number.Sha256;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The files that a configuration was read from. */
final class ReadFiles {
    private final Set<String> paths = new LinkedHashSet<>();
    private final Set<String> own = new LinkedHashSet<>();
    private final Set<String> absent = new LinkedHashSet<>();
    private final Set<String> folders = new LinkedHashSet<>();
    private final Map<String, String> texts = new TreeMap<>();
    private boolean changesElsewhere;

    /** Notes a text that the configuration consists of. */
    void add(String path, String text) {
        paths.add(path);
        texts.put(ConfigPaths.real(path), text);
    }

    /** Notes a folder in which every configuration was read: new files may appear there. */
    void addFolder(String path) {
        changesElsewhere = true;
        folders.add(path);
    }

    /** Notes files that must not be symbolic links. */
    void addOwn(List<String> files) {
        own.addAll(files);
        paths.addAll(files);
    }

    /** Notes that the configuration also depends on something that is not a file. */
    void addOthers() {
        changesElsewhere = true;
    }

    /** Those of the files that must not be symbolic links. */
    List<String> own() {
        return List.copyOf(own);
    }

    /** Notes a path at which another file would have been read. */
    void addAbsent(String path) {
        absent.add(path);
    }

    /** The set of paths, for readers that add to it. */
    Set<String> paths() {
        return paths;
    }

    /** All files; null if the configuration may change without any of them. */
    @Nullable
    List<String> all() {
        return changesElsewhere ? null : List.copyOf(paths);
    }

    /** Paths at which another file would have been read. */
    List<String> absent() {
        return List.copyOf(absent);
    }

    /** The real paths of all texts and folders of configurations. */
    List<String> configurations() {
        List<String> read = new ArrayList<>(texts.keySet());
        for (String folder : folders) {
            read.add(ConfigPaths.real(folder));
        }
        return read;
    }

    /**
     * The SHA-256 of each text that the configuration consists of, by its real path: the file, its includes, the lock.
     * Only projects need it: Java's first SHA-256 takes 25 ms.
     */
    Map<String, String> digests() {
        Map<String, String> digests = new TreeMap<>();
        for (Map.Entry<String, String> text : texts.entrySet()) {
            digests.put(text.getKey(), Sha256.of(text.getValue()));
        }
        return digests;
    }
}
