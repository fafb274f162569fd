package io.jbox.facts;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Variables of programs; {@code NAME=VALUE} each. */
public final class Environment {
    /** Where programs are looked for, in boxes and by hooks. */
    public static final String PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private Environment() {}

    /** The value of a variable, or null. */
    public static @Nullable String find(List<String> variables, String name) {
        for (String variable : variables) {
            if (variable.startsWith(name + "=")) {
                return variable.substring(name.length() + 1);
            }
        }
        return null;
    }

    /** The same without those that a later one of the same name replaces. */
    public static List<String> lastOfEachName(List<String> variables) {
        Map<String, String> byName = new LinkedHashMap<>();
        for (String variable : variables) {
            byName.put(variable.substring(0, variable.indexOf('=')), variable);
        }
        return List.copyOf(byName.values());
    }
}
