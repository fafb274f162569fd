package io.jbox.facts;

import io.jbox.config.Capability;
import io.jbox.config.IdMapping;
import io.jbox.plan.Masks;
import io.jbox.program.Arg;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a plan must know of the host.
 *
 * @param processor as {@code uname -m} has it
 * @param capabilities those that jbox has, as a mask
 * @param lastCapability the highest number the kernel knows (/proc/sys/kernel/cap_last_cap)
 * @param existing of {@link Masks#candidates} and of the configuration's folders, those that are there
 * @param scripts the folder of the rootfs scripts
 * @param term the terminal's type, as TERM has it
 * @param hierarchies of cgroups that a box gets one of its own in
 * @param suffix of the cgroup's name: empty for a box, and what tells it from others' for a command of {@code run}
 * @param filter of system calls that the box is to have; null for none
 * @param ids what the box's are on the host, where the configuration leaves that open
 * @param network what its network has
 * @param etc what its root file system says of its names
 */
public record HostFacts(
        String processor,
        long capabilities,
        int lastCapability,
        Set<String> existing,
        String scripts,
        String term,
        List<Hierarchy> hierarchies,
        String suffix,
        Arg.@Nullable Filter filter,
        List<IdMapping> ids,
        NetworkFacts network,
        Etc etc,
        Map<String, String> followed) {
    /**
     * Files of the root file system, as they are before the start; null for one that is missing, or no ordinary file.
     *
     * @param exists whether there is a folder for them
     * @param resolvConfTarget where etc/resolv.conf leads, within the root, where that is a link to something missing
     */
    public record Etc(
            boolean exists,
            @Nullable String hosts,
            @Nullable String hostname,
            @Nullable String resolvConf,
            @Nullable String resolvConfTarget) {
        /** Their names in that folder. */
        public static final List<String> FILES = List.of("hosts", "hostname", "resolv.conf");

        /** There is none. */
        public static final Etc NONE = new Etc(false, null, null, null, null);
    }

    /**
     * A tree of cgroups.
     *
     * @param path where it is mounted
     * @param unified whether it is of version 2, where controllers must be handed down to the boxes
     * @param controllers that boxes can use there
     * @param initial what must be written to files of a new cgroup before it takes processes, by their names: cpuset of
     *     version 1 has neither processors nor memory there (cpuset(7))
     */
    public record Hierarchy(String path, boolean unified, List<String> controllers, Map<String, String> initial) {
        public Hierarchy(String path, boolean unified, List<String> controllers) {
            this(path, unified, controllers, Map.of());
        }

        /** The cgroup that those of all boxes are in. */
        public static final String PARENT = "jbox";

        /** The folder of a box's cgroup. */
        public String cgroup(String box) {
            return path + "/" + PARENT + "/" + box;
        }
    }

    /** A path of the host without the links that nobody else can change: the others are not to be followed. */
    public String followed(String path) {
        return followed.getOrDefault(path, path);
    }

    /** The same with a filter of system calls. */
    public HostFacts with(Arg.@Nullable Filter other) {
        return new HostFacts(
                processor,
                capabilities,
                lastCapability,
                existing,
                scripts,
                term,
                hierarchies,
                suffix,
                other,
                ids,
                network,
                etc,
                followed);
    }

    /**
     * Whether this is the start of a user who has no rights over the host's own mounts, ids and interfaces: what of those a
     * box needs, its first process does as root of the user namespace that it is made with.
     */
    public boolean isOrdinary() {
        return (capabilities & Capability.SYS_ADMIN.bit()) == 0;
    }

    /**
     * The same for root.
     *
     * @param rootsIds what the box's ids would be
     */
    public HostFacts asRoot(List<IdMapping> rootsIds) {
        return new HostFacts(
                processor,
                -1,
                lastCapability,
                existing,
                scripts,
                term,
                hierarchies,
                suffix,
                filter,
                rootsIds,
                network,
                etc,
                followed);
    }

    /** The paths of the host that decide on which security modules there are. */
    public static List<String> securityModules() {
        return Label.candidates();
    }

    /** Whether a path of the host is there. */
    public boolean exists(String path) {
        return existing.contains(path);
    }
}
