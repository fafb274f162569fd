package io.jbox.schema;

import io.jbox.config.Config;
import io.jbox.config.MountEntry;
import io.jbox.config.Value;
import io.jbox.problem.Place;
import io.jbox.problem.Problem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Builds the list of mounts: configured ones, lines of the fstab, and those that an init such as systemd requires. */
final class MountBuilder {
    private final Section root;
    private final Fstab fstab;
    private final List<Problem> problems;

    /** @param problems receives the problems found */
    MountBuilder(Section root, Fstab fstab, List<Problem> problems) {
        this.root = root;
        this.fstab = fstab;
        this.problems = problems;
    }

    Config.Mounts build() {
        Section section = root.section(Keys.MOUNT);
        Set<String> kinds = new HashSet<>();
        for (Value<String> auto : section.list(Keys.MOUNT_AUTO)) {
            int colon = auto.get().indexOf(':');
            String kind = colon < 0 ? auto.get() : auto.get().substring(0, colon);
            if (!kinds.add(kind)) {
                problems.add(new Problem("mount.auto: " + kind + " is given twice", auto.place()));
            }
        }
        List<Value<MountEntry>> entries = new ArrayList<>();
        Value<String> file = section.find(Keys.MOUNT_FSTAB);
        if (file != null) {
            entries.addAll(fstab.read(ConfigPaths.absolute(file), problems));
        }
        entries.addAll(section.list(Keys.MOUNT_ENTRY));
        List<Value<MountEntry>> resolved = new ArrayList<>();
        for (Value<MountEntry> entry : entries) {
            MountEntry line = entry.get();
            String source = line.isBind() ? ConfigPaths.absolute(line.source(), entry.place()) : line.source();
            resolved.add(
                    new Value<>(new MountEntry(source, line.target(), line.type(), line.options()), entry.place()));
        }
        List<Value<String>> auto = new ArrayList<>(section.list(Keys.MOUNT_AUTO));
        Value<String> system = root.section(Keys.INIT).get(Keys.INIT_SYSTEM);
        if (system.get().equals("systemd")) {
            addForSystemd(system.place(), kinds, auto, resolved);
        }
        return new Config.Mounts(
                List.copyOf(auto), List.copyOf(resolved), section.get(Keys.MOUNT_HIDEPID), root.get(Keys.AUTODEV));
    }

    /**
     * Adds what systemd requires of a container manager (systemd.io/CONTAINER_INTERFACE): a writable cgroup, and /run,
     * which it would mount itself if permitted.
     */
    private static void addForSystemd(
            Place place, Set<String> kinds, List<Value<String>> auto, List<Value<MountEntry>> entries) {
        if (!kinds.contains("cgroup")) {
            auto.add(new Value<>("cgroup:rw", place));
        }
        int at = 0;
        for (MountEntry entry : List.of(
                new MountEntry("tmpfs", "run", "tmpfs", List.of("nosuid", "nodev", "mode=0755")),
                new MountEntry(
                        "tmpfs",
                        "run/lock",
                        "tmpfs",
                        List.of("nosuid", "nodev", "noexec", "mode=1777", "size=5m", "create=dir")))) {
            boolean written = false;
            for (Value<MountEntry> other : entries) {
                written |= other.get().target().equals(entry.target());
            }
            if (!written) {
                entries.add(at++, new Value<>(entry, place));
            }
        }
    }
}
