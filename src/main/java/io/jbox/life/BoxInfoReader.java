package io.jbox.life;

import io.jbox.cgroup.BoxCgroup;
import io.jbox.config.Config;
import io.jbox.config.Value;
import io.jbox.host.ProcFiles;
import io.jbox.nic.NetworkGlance;
import io.jbox.number.HostUid;
import io.jbox.problem.JboxException;
import io.jbox.state.BoxRecord;
import io.jbox.state.BoxSpec;
import io.jbox.state.BoxState;
import io.jbox.state.ProcessId;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gathers what is known about a box from its record, its cgroup, and the /proc files of its init. */
public final class BoxInfoReader {
    private final BoxRegistry registry;

    public BoxInfoReader(BoxRegistry registry) {
        this.registry = registry;
    }

    /** Reads all that are boxes; the remains of a killed start are not a box. */
    public List<BoxInfo> readAll(List<String> names, boolean withConfig) {
        List<BoxInfo> infos = new ArrayList<>();
        for (String name : names) {
            BoxInfo info = read(name, withConfig);
            if (info.definition().exists()
                    || info.state() != BoxState.STOPPED
                    || !info.problem().isEmpty()) {
                infos.add(info);
            }
        }
        return infos;
    }

    /** @param withConfig whether its definition is read */
    public BoxInfo read(String box, boolean withConfig) {
        String file = registry.settings().boxes().config(box);
        boolean defined = new File(file).exists();
        Config config = null;
        String problem = "";
        if (defined && withConfig) {
            try {
                config = registry.load(file, List.of());
            } catch (JboxException e) {
                problem = String.valueOf(e.getMessage());
            }
        }
        Settler.Truth truth = Settler.Truth.STOPPED;
        try {
            truth = registry.look(box);
        } catch (JboxException e) {
            problem = String.valueOf(e.getMessage());
        }
        BoxRecord found = truth.record();
        if (found != null && registry.settings().onlyThese() && !registry.isOurs(found)) {
            truth = Settler.Truth.STOPPED;
        }
        BoxRecord record = truth.record();
        ProcessId init = record == null || truth.state() == BoxState.STOPPED ? null : record.init();
        BoxCgroup cgroup = new BoxCgroup(
                record == null ? List.of() : record.spec().isolation().cgroups());
        BoxCgroup.Memory memory = cgroup.memory();
        boolean ownNetwork =
                record != null && record.spec().isolation().namespaces().contains("net");
        int pid = init == null ? 0 : init.pid().number();
        NetworkGlance network =
                pid != 0 && ownNetwork ? NetworkGlance.of(registry.kernel(), pid) : NetworkGlance.NOTHING;
        BoxSpec spec = record == null ? null : record.spec();
        return new BoxInfo(
                box,
                truth.state(),
                pid,
                pid == 0 ? "" : ProcFiles.comm(pid),
                record == null ? 0 : record.started(),
                network,
                new BoxInfo.Use(
                        memory.ram(),
                        memory.swap(),
                        cgroup.cpuMicros(),
                        spec == null || spec.isolation().cgroups().isEmpty()
                                ? -1
                                : cgroup.processes().size()),
                new BoxInfo.Definition(
                        defined,
                        spec != null
                                ? spec.origin().config()
                                : config == null ? "" : config.place().source().name(),
                        config != null && config.start().auto().get(),
                        spec != null ? spec.origin().groups() : groups(config)),
                new BoxInfo.Root(
                        spec != null
                                ? spec.isolation().namespaces().contains("user")
                                : config != null && config.hasUserNamespace(),
                        spec == null ? HostUid.ROOT : spec.isolation().rootUid()),
                problem);
    }

    private static List<String> groups(@Nullable Config config) {
        List<String> groups = new ArrayList<>();
        if (config != null) {
            for (Value<String> group : config.start().groups()) {
                groups.add(group.get());
            }
        }
        return groups;
    }
}
