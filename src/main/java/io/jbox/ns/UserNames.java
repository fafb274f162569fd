package io.jbox.ns;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Looks up names and ids in the host's /etc/passwd or /etc/group. */
public final class UserNames {
    private final Map<Long, String> names = new HashMap<>();
    private final Map<String, Long> numbers = new HashMap<>();

    private UserNames(String file) {
        try {
            for (String line : Files.readAllLines(Path.of(file), StandardCharsets.ISO_8859_1)) {
                int first = line.indexOf(':');
                int second = line.indexOf(':', first + 1);
                int third = line.indexOf(':', second + 1);
                long number =
                        second < 0 ? -1 : IdRange.number(line.substring(second + 1, third < 0 ? line.length() : third));
                if (number >= 0) {
                    String name = line.substring(0, first);
                    names.putIfAbsent(number, name);
                    numbers.putIfAbsent(name, number);
                }
            }
        } catch (IOException e) {
            names.clear();
        }
    }

    public static UserNames users() {
        return new UserNames("/etc/passwd");
    }

    public static UserNames groups() {
        return new UserNames("/etc/group");
    }

    /** The name of an id; the number if it has none. */
    public String name(long id) {
        String name = names.get(id);
        return name == null ? Long.toString(id) : name;
    }

    /** The id for a name or number; -1 if there is no such name. */
    public long id(String text) {
        long number = IdRange.number(text);
        return number >= 0 ? number : numbers.getOrDefault(text, -1L);
    }
}
