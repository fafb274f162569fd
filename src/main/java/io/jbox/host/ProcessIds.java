package io.jbox.host;

import io.jbox.config.IdMapping;
import io.jbox.config.Value;
import io.jbox.facts.IdMap;
import io.jbox.problem.JboxException;
import io.jbox.problem.SystemError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads the map from the ids of a process's user namespace to the host's. */
public final class ProcessIds {
    private ProcessIds() {}

    /**
     * The map of a process's user namespace, which only the kernel writes (user_namespaces(7), /proc/PID/uid_map).
     *
     * @throws JboxException if the process has been waited for
     */
    public static IdMap of(int pid) {
        List<Value<IdMapping>> mappings = new ArrayList<>();
        read('u', "/proc/" + pid + "/uid_map", mappings);
        read('g', "/proc/" + pid + "/gid_map", mappings);
        return new IdMap(List.copyOf(mappings));
    }

    private static void read(char kind, String file, List<Value<IdMapping>> mappings) {
        try {
            for (String line : Files.readAllLines(Path.of(file))) {
                String[] numbers = line.trim().split(" +");
                mappings.add(Value.ofDefault(new IdMapping(
                        kind, Long.parseLong(numbers[0]), Long.parseLong(numbers[1]), Long.parseLong(numbers[2]))));
            }
        } catch (IOException e) {
            throw new JboxException(file + ": " + SystemError.of(e));
        }
    }
}
