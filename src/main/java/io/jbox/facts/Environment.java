package io.jbox.facts;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Environment variables of programs, as {@code NAME=VALUE}. */
public final class Environment {
    /** The default search path in boxes and for hooks. */
    public static final String PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private Environment() {}

    /** Returns the index of a variable, which must be set. */
    public static int index(List<String> environment, String name) {
        for (int i = 0; i < environment.size(); i++) {
            if (environment.get(i).startsWith(name + "=")) {
                return i;
            }
        }
        throw new IllegalArgumentException(name + " is not set");
    }

    /** Returns the value of a variable, or null. */
    public static @Nullable String find(List<String> variables, String name) {
        for (String variable : variables) {
            if (variable.startsWith(name + "=")) {
                return variable.substring(name.length() + 1);
            }
        }
        return null;
    }

    /** Returns the variables without those overridden by a later one of the same name. */
    public static List<String> lastOfEachName(List<String> variables) {
        Map<String, String> byName = new LinkedHashMap<>();
        for (String variable : variables) {
            byName.put(variable.substring(0, variable.indexOf('=')), variable);
        }
        return List.copyOf(byName.values());
    }

    /** The folders of PATH, "." for an empty one; no PATH is one empty folder. */
    public static List<String> folders(List<String> environment) {
        String path = "";
        for (String variable : environment) {
            if (variable.startsWith("PATH=")) {
                path = variable.substring("PATH=".length());
            }
        }
        List<String> folders = new ArrayList<>();
        for (String folder : path.split(":")) {
            folders.add(folder.isEmpty() ? "." : folder);
        }
        return folders;
    }
}
