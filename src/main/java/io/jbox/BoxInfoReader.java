package io.jbox;

import io.jbox.cgroup.BoxCgroup;
import io.jbox.config.Config;
import io.jbox.config.Value;
import io.jbox.kernel.Kernel;
import io.jbox.net.NetworkGlance;
import io.jbox.problem.JboxException;
import io.jbox.problem.Printable;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxState;
import io.jbox.state.ProcessId;
import java.io.BufferedReader;
import java.io.FileReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gathers what there is to tell of a box, from its record, its cgroup, and the kernel's files about init. */
final class BoxInfoReader {
    /** Of a file that a box can make as long as it likes. */
    private static final int MOST_LINES = 1024;

    private final Kernel kernel;
    private final Settler settler;
    private final @Nullable String boxes;

    /** @param boxes the only folder whose boxes count as running; null for any */
    BoxInfoReader(Kernel kernel, Settler settler, @Nullable String boxes) {
        this.kernel = kernel;
        this.settler = settler;
        this.boxes = boxes;
    }

    /**
     * @param config of the box, or null if there is none, or it is not wanted
     * @param defined whether the box has a folder of its own
     * @param configProblem why there is no configuration; empty where that is no problem
     */
    BoxInfo read(String box, @Nullable Config config, boolean defined, String configProblem) {
        String problem = configProblem;
        Settler.Truth truth = Settler.Truth.STOPPED;
        try {
            truth = settler.look(box);
        } catch (JboxException e) {
            problem = String.valueOf(e.getMessage());
        }
        BoxRecord found = truth.record();
        if (found != null && boxes != null && !found.spec().boxes().equals(boxes)) {
            truth = Settler.Truth.STOPPED;
        }
        BoxRecord record = truth.record();
        ProcessId init = record == null || truth.state() == BoxState.STOPPED ? null : record.init();
        BoxCgroup cgroup =
                new BoxCgroup(record == null ? List.of() : record.spec().cgroups());
        BoxCgroup.Memory memory = cgroup.memory();
        boolean ownNetwork = record != null && record.spec().namespaces().contains("net");
        int pid = init == null ? 0 : init.pid();
        NetworkGlance network = pid != 0 && ownNetwork ? NetworkGlance.of(kernel, pid) : NetworkGlance.NOTHING;
        return new BoxInfo(
                box,
                truth.state(),
                pid,
                record == null ? 0 : record.started(),
                network.ipv4(),
                network.ipv6(),
                network.interfaces(),
                memory.ram(),
                memory.swap(),
                cgroup.cpuMicros(),
                record == null || record.spec().cgroups().isEmpty()
                        ? -1
                        : cgroup.processes().size(),
                config != null && config.start().auto().get(),
                record != null ? record.spec().groups() : groups(config),
                record != null
                        ? record.spec().namespaces().contains("user")
                        : config != null && config.hasUserNamespace(),
                record == null ? 0 : record.spec().rootUid(),
                defined,
                record != null
                        ? record.spec().config()
                        : config == null ? "" : config.place().source().name(),
                pid == 0 ? "" : comm(pid),
                problem);
    }

    private static List<String> groups(@Nullable Config config) {
        List<String> groups = new ArrayList<>();
        if (config != null) {
            for (Value<String> group : config.groups()) {
                groups.add(group.get());
            }
        }
        return groups;
    }

    private static List<String> lines(String path) {
        List<String> lines = new ArrayList<>();
        try (BufferedReader in = new BufferedReader(new FileReader(path, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null && lines.size() < MOST_LINES; line = in.readLine()) {
                lines.add(line);
            }
        } catch (IOException e) {
            return List.of();
        }
        return lines;
    }

    private static String comm(int pid) {
        List<String> lines = lines("/proc/" + pid + "/comm");
        return lines.isEmpty() ? "" : Printable.of(lines.get(0));
    }

    /** The names of interfaces that a process sees, without lo. */
    static List<String> interfaces(int pid) {
        List<String> names = new ArrayList<>();
        for (String line : lines("/proc/" + pid + "/net/dev")) {
            int colon = line.indexOf(':');
            String name = colon < 0 ? "" : Printable.of(line.substring(0, colon).stripLeading());
            if (!name.isEmpty() && !name.equals("lo") && names.size() < MOST_LINES) {
                names.add(name);
            }
        }
        return names;
    }
}
