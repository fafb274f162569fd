package io.jbox.schema;

import io.jbox.config.Nearest;
import io.jbox.problem.JboxException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The reference of all configuration keys. */
public final class KeyReference {
    private static final String NOTES = "keys.txt";
    private static final String LIST = ".N";
    private static final String MAPPING = "a mapping";

    private final Map<String, Map<String, String>> notes = notes();
    private final List<Entry> entries = new ArrayList<>();

    /**
     * One key.
     *
     * @param path its full name; N stands for the number of an element
     * @param type in words, with an article
     * @param about a sentence
     * @param byDefault null if it depends on other values, or there is none
     * @param lxc the corresponding LXC key; null if none
     * @param root in which cases only root may use it; null if every user may
     * @param example a line of YAML
     * @param values all possible values if these are words; else none
     */
    public record Entry(
            String path,
            String type,
            String about,
            @Nullable String byDefault,
            @Nullable String lxc,
            @Nullable String root,
            String example,
            List<String> values) {}

    /** Reads the texts about the keys. */
    public KeyReference() {
        add("", Keys.ROOT);
    }

    /** All keys, in the order of the JSON Schema. */
    public List<Entry> entries() {
        return List.copyOf(entries);
    }

    /**
     * A key, or the keys of a section.
     *
     * @param path {@code net.veth.pair} and {@code net.0.veth.pair} are the same as {@code net.N.veth.pair}
     * @throws JboxException if there is none of that name
     */
    public List<Entry> find(String path) {
        String hint = LxcKeys.hint(path);
        if (hint != null) {
            throw new JboxException("there is no key \"" + path + "\"", hint);
        }
        String wanted = path.replaceAll("^lxc\\.", "")
                .replaceAll("\\.[0-9]+(?=\\.|$)", "")
                .replace(LIST, "");
        List<Entry> found = new ArrayList<>();
        List<String> paths = new ArrayList<>();
        for (Entry entry : entries) {
            String plain = entry.path.replace(LIST, "");
            paths.add(plain);
            for (int dot = plain.indexOf('.'); dot > 0; dot = plain.indexOf('.', dot + 1)) {
                paths.add(plain.substring(0, dot));
            }
            boolean within = wanted.startsWith(plain.replace(".FILE", "") + ".") && entry.type.startsWith(MAPPING);
            if (plain.equals(wanted) || plain.startsWith(wanted + ".") || within) {
                found.add(entry);
            }
        }
        if (found.isEmpty()) {
            String nearest = Nearest.find(wanted, paths);
            throw new JboxException(
                    "there is no key \"" + path + "\"",
                    nearest == null ? "jbox config keys prints all of them" : "did you mean \"" + nearest + "\"?");
        }
        return found;
    }

    private void add(String prefix, Fields fields) {
        List<Key<?>> keys = new ArrayList<>(fields.keys());
        for (Key<?> key : keys) {
            String path = prefix + key.name();
            if (key.type() instanceof Fields inner) {
                add(path + ".", inner);
                if (inner.others() != null) {
                    add(path + "." + inner.others().name(), inner.others());
                }
            } else if (key.type() instanceof Sequence<?> list && list.element() instanceof Fields element) {
                add(path + LIST + ".", element);
            } else {
                add(path, key);
            }
        }
    }

    private void add(String path, Key<?> key) {
        Map<String, String> note = notes.getOrDefault(path, Map.of());
        String lxc = note.getOrDefault("lxc", "lxc." + path);
        entries.add(new Entry(
                path,
                key.type().shown(),
                key.about(),
                key.defaultText(),
                lxc.equals("-") ? null : lxc,
                note.get("root"),
                note.getOrDefault("example", ""),
                words(key.type().schema())));
    }

    /** The words that a JSON Schema allows, in its order. */
    private static List<String> words(@Nullable Object schema) {
        List<String> words = new ArrayList<>();
        if (schema instanceof List<?> several) {
            several.forEach(each -> words.addAll(words(each)));
        } else if (schema instanceof Map<?, ?> map) {
            if ("boolean".equals(map.get("type"))) {
                words.addAll(List.of("true", "false"));
            }
            if (map.get("enum") instanceof List<?> values) {
                values.stream().filter(String.class::isInstance).forEach(value -> words.add((String) value));
            }
            for (String inner : List.of("anyOf", "oneOf", "items")) {
                words.addAll(words(map.get(inner)));
            }
        }
        return words.stream().distinct().toList();
    }

    /** Sections of lines {@code NAME: TEXT}, each below the key in brackets. */
    private static Map<String, Map<String, String>> notes() {
        Map<String, Map<String, String>> all = new HashMap<>();
        Map<String, String> current = new HashMap<>();
        for (String line : KeyTexts.lines(NOTES)) {
            int colon = line.indexOf(": ");
            if (line.startsWith("[")) {
                current = new HashMap<>();
                all.put(line.substring(1, line.length() - 1), current);
            } else if (!line.startsWith("#") && colon > 0) {
                current.put(line.substring(0, colon), line.substring(colon + 2));
            }
        }
        return all;
    }
}
