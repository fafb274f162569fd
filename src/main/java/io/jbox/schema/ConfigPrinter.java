package io.jbox.schema;

import io.jbox.config.Config;
import io.jbox.config.Value;
import io.jbox.problem.Place;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Prints the effective configuration: every value with its origin. */
public final class ConfigPrinter {
    /**
     * One effective value.
     *
     * @param key dotted, with numbers for list elements
     */
    private record Line(String key, String value, Place place) {}

    private final ConfigLoader loader;

    public ConfigPrinter(ConfigLoader loader) {
        this.loader = loader;
    }

    /** Returns aligned lines of {@code key = value  # place}. */
    public String text(String path, List<String> overrides) {
        List<Line> lines = lines(path, overrides);
        int width = 0;
        for (Line line : lines) {
            width = Math.max(width, line.key.length() + line.value.length());
        }
        StringBuilder out = new StringBuilder();
        for (Line line : lines) {
            out.append(line.key).append(" = ").append(line.value);
            out.append(" "
                    .repeat(
                            Math.min(60, width) > line.key.length() + line.value.length()
                                    ? Math.min(60, width) - line.key.length() - line.value.length()
                                    : 0));
            out.append("  # ").append(line.place).append('\n');
        }
        return out.toString();
    }

    /** The same as maps and lists, for JSON. */
    public List<Map<String, Object>> json(String path, List<String> overrides) {
        List<Map<String, Object>> list = new ArrayList<>();
        for (Line line : lines(path, overrides)) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("key", line.key);
            entry.put("value", line.value);
            entry.put("place", line.place.toString());
            list.add(entry);
        }
        return list;
    }

    private List<Line> lines(String path, List<String> overrides) {
        Section section = loader.read(path, overrides);
        Config config = loader.build(section, path);
        List<Line> lines = new ArrayList<>();
        print(section, "", config, true, lines);
        return lines;
    }

    private static void print(Section section, String prefix, Config config, boolean defaults, List<Line> lines) {
        for (Key<?> key : section.type().keys()) {
            String name = prefix + key.name();
            Value<?> written = section.find(key);
            if (key.type() instanceof Fields) {
                @SuppressWarnings("unchecked") // a key of this type belongs to a section
                Key<Section> below = (Key<Section>) key;
                print(section.section(below), name + ".", config, defaults, lines);
            } else if (written != null) {
                print(name, written, config, lines);
            } else if (defaults) {
                Value<?> effective = computed(name, config);
                if (effective == null && key.defaultText() != null) {
                    effective = Value.ofDefault(key.defaultText());
                }
                if (effective != null) {
                    lines.add(new Line(name, effective.get().toString(), effective.place()));
                }
            }
        }
        Key<?> others = section.type().others();
        Value<?> written = others == null ? null : section.find(others);
        if (written != null) {
            print(prefix.substring(0, prefix.length() - 1), written, config, lines);
        }
    }

    private static void print(String name, Value<?> value, Config config, List<Line> lines) {
        if (value.get() instanceof List<?> list) {
            for (int i = 0; i < list.size(); i++) {
                if (list.get(i) instanceof Value<?> element) {
                    print(name + "." + i, element, config, lines);
                }
            }
        } else if (value.get() instanceof Map<?, ?> map) {
            map.forEach((key, element) -> {
                if (element instanceof Value<?> entry) {
                    print(name + "." + key, entry, config, lines);
                }
            });
        } else if (value.get() instanceof Section section) {
            // Defaults for other interface types would only confuse.
            print(section, name + ".", config, false, lines);
        } else {
            lines.add(new Line(name, value.get().toString(), value.place()));
        }
    }

    /** Returns the defaults that depend on other values. */
    private static @Nullable Value<?> computed(String name, Config config) {
        return switch (name) {
            case "name" -> config.name();
            case "uts.name" -> config.namespaces().utsName();
            case "rootfs.path" -> config.rootfs().path();
            default -> null;
        };
    }
}
