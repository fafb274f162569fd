package io.jbox.cli;

import io.jbox.Jbox;
import io.jbox.life.BoxInfo;
import io.jbox.schema.KeyReference;
import java.io.File;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;

/** Words that may end a command line, as they are found; and where there are some. */
final class CandidateWords {
    /** Stands for names of files, which the shell completes itself. */
    static final String FILES = ":files";
    /** Stands for names of folders. */
    static final String FOLDERS = ":folders";
    /** Where the host has its interfaces. */
    static final String HOST_INTERFACES = "/sys/class/net";

    private final Surroundings surroundings;
    private final Arguments none;
    /** Each with what is said of it, which may be nothing. */
    private final Map<String, String> found = new LinkedHashMap<>();

    /** @param none the arguments of a command without any, for the folders that boxes are looked for in */
    CandidateWords(Surroundings surroundings, Arguments none) {
        this.surroundings = surroundings;
        this.none = none;
    }

    /** What has been found, in order. */
    Map<String, String> found() {
        return found;
    }

    /** @param words with spaces in between */
    void addWords(String words, String prefix) {
        for (String word : words.split(" ")) {
            add(prefix + word, "");
        }
    }

    /** One more of a list with commas. */
    void addList(String names, String typed, String prefix) {
        String others = prefix + typed.substring(0, typed.lastIndexOf(',') + 1);
        for (String name : names.split("[, \n]+")) {
            if (!name.isEmpty()) {
                add(others + name, "");
            }
        }
    }

    /** Keys with an equals sign, and behind that values. */
    void addSettings(String typed, String prefix) {
        int equals = typed.indexOf('=');
        if (equals < 0) {
            addKeys(prefix, "=");
            return;
        }
        String key = typed.substring(0, equals);
        for (KeyReference.Entry entry : new KeyReference().entries()) {
            if (!key.replaceAll("\\.[0-9]+(?=\\.|$)", ".N").equals(entry.path())) {
                continue;
            }
            for (String value : entry.values()) {
                add(prefix + key + "=" + value, "");
            }
            if (entry.path().equals("net.N.link")) {
                addNames(HOST_INTERFACES, prefix + key + "=");
            }
        }
    }

    /** The keys of a configuration. */
    void addKeys(String prefix, String end) {
        for (KeyReference.Entry entry : new KeyReference().entries()) {
            add(prefix + entry.path().replace(".N", ".0") + end, entry.about());
        }
    }

    /** Names that a configuration can be found by, and files. */
    void addDefinitions() {
        for (String name : new TreeSet<>(surroundings.finder(none).names())) {
            add(name, "");
        }
        add(FILES, "");
    }

    /** @param state of those that are wanted; empty for all that run */
    void addBoxes(String state) {
        Jbox jbox = surroundings.jbox(none);
        for (BoxInfo info : jbox.infos(jbox.names(), false)) {
            String its = info.state().toString();
            if (state.isEmpty() ? info.state().isActive() : its.equals(state)) {
                add(info.name(), its);
            }
        }
    }

    /** What is in a folder. */
    void addNames(String folder, String prefix) {
        String[] names = new File(folder).list();
        for (String name : names == null ? new String[0] : names) {
            if (!name.equals("lo")) {
                add(prefix + name, "");
            }
        }
    }

    /** @param about what is said of it */
    void add(String word, String about) {
        found.putIfAbsent(word, about);
    }

    /** The names of all boxes that are defined or run. */
    void addAllBoxes() {
        for (String name : surroundings.jbox(none).names()) {
            add(name, "");
        }
    }
}
