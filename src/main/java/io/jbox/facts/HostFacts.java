package io.jbox.facts;

import io.jbox.config.Capability;
import io.jbox.config.IdMapping;
import io.jbox.plan.Masks;
import io.jbox.program.DataArg;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What planning must know of the host.
 *
 * @param processor as printed by {@code uname -m}
 * @param capabilities those that jbox has, as a mask
 * @param lastCapability the highest number the kernel knows (/proc/sys/kernel/cap_last_cap)
 * @param existing the paths that exist, of {@link Masks#candidates} and of the configuration's folders
 * @param scripts the folder of the rootfs scripts
 * @param term the terminal type (TERM)
 * @param hierarchies the cgroup trees in which a box gets a cgroup
 * @param suffix of the cgroup's name: empty for a box; unique for a command of {@code run}
 * @param filter system call filter of the box; null for none
 * @param ids the box's ids on the host, if the configuration leaves them open
 * @param network facts on the host's network
 * @param etc naming files in the box's root file system
 * @param followed the paths that the configuration names, without the links in them
 * @param anyHost whether the plan is for unknown hosts, which the program checks when it runs
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
        DataArg.@Nullable Filter filter,
        List<IdMapping> ids,
        NetworkFacts network,
        Etc etc,
        Map<String, String> followed,
        boolean anyHost) {
    /**
     * Files of the root file system before the start; null for one that is missing, or not a regular file.
     *
     * @param exists whether there is a folder for them
     * @param resolvConfTarget target of etc/resolv.conf, within the root, if that is a dangling link
     * @param accounts null if they are not needed
     */
    public record Etc(
            boolean exists,
            @Nullable String hosts,
            @Nullable String hostname,
            @Nullable String resolvConf,
            @Nullable String resolvConfTarget,
            @Nullable Accounts accounts) {
        /** The file names in that folder. */
        public static final List<String> FILES = List.of("hosts", "hostname", "resolv.conf");

        /** Those with the accounts. */
        public static final List<String> ACCOUNTS = List.of("passwd", "group");

        /** A root file system without the folder. */
        public static final Etc NONE = new Etc(false, null, null, null, null, null);
    }

    /**
     * The users of a root file system before the start.
     *
     * @param passwd all of etc/passwd; null for none that can be read
     * @param group all of etc/group; null for none that can be read
     * @param shell an existing shell
     */
    public record Accounts(
            @Nullable String passwd, @Nullable String group, String shell) {}

    /**
     * A cgroup hierarchy.
     *
     * @param path where it is mounted
     * @param unified whether it is version 2, where controllers must be delegated to the boxes
     * @param controllers those that boxes can use there
     * @param initial values of files, by name, that must be written in a new cgroup before it takes processes: cpuset
     *     of version 1 has neither processors nor memory there (cpuset(7))
     */
    public record Hierarchy(String path, boolean unified, List<String> controllers, Map<String, String> initial) {
        public Hierarchy(String path, boolean unified, List<String> controllers) {
            this(path, unified, controllers, Map.of());
        }

        /** The cgroup that contains the cgroups of all boxes. */
        public static final String PARENT = "jbox";

        /** The folder of a box's cgroup. */
        public String cgroup(String box) {
            return path + "/" + PARENT + "/" + box;
        }
    }

    /** Resolves the links in a host path that other users cannot change; other links must not be followed. */
    public String followed(String path) {
        return followed.getOrDefault(path, path);
    }

    /** Returns the same facts with a system call filter. */
    public HostFacts with(DataArg.@Nullable Filter other) {
        return new Builder(this).filter(other).build();
    }

    /**
     * Whether an unprivileged user starts the box, without rights over the host's mounts, ids and interfaces: the box's
     * first process then does what it can of that as root of its user namespace.
     */
    public boolean isOrdinary() {
        return (capabilities & Capability.SYS_ADMIN.bit()) == 0;
    }

    /**
     * Returns the facts as if root started the box.
     *
     * @param rootsIds the box's ids in that case
     */
    public HostFacts asRoot(List<IdMapping> rootsIds) {
        return new Builder(this).capabilities(-1).ids(rootsIds).build();
    }

    /** The host paths that tell which security modules exist. */
    public static List<String> securityModules() {
        return Label.candidates();
    }

    /** Whether a host path exists. */
    public boolean exists(String path) {
        return existing.contains(path);
    }

    /** Begins with facts that are always known; the box otherwise has nothing on the host. */
    public static Builder of(String processor, long capabilities, int lastCapability, String scripts) {
        return new Builder(processor, capabilities, lastCapability, scripts);
    }

    private static final int LAST_POSSIBLE_CAPABILITY = 63;

    /** Facts by their names. */
    public static final class Builder {
        private final String processor;
        private int lastCapability;
        private final String scripts;
        private long capabilities;
        private Set<String> existing = Set.of();
        private String term = "";
        private List<Hierarchy> hierarchies = List.of();
        private String suffix = "";
        private DataArg.@Nullable Filter filter;
        private List<IdMapping> ids = List.of();
        private NetworkFacts network = NetworkFacts.NONE;
        private Etc etc = Etc.NONE;
        private Map<String, String> followed = Map.of();
        private boolean anyHost;

        private Builder(String processor, long capabilities, int lastCapability, String scripts) {
            this.processor = processor;
            this.capabilities = capabilities;
            this.lastCapability = lastCapability;
            this.scripts = scripts;
        }

        /** Copies facts, to change some of them. */
        public Builder(HostFacts facts) {
            this(facts.processor, facts.capabilities, facts.lastCapability, facts.scripts);
            this.existing = facts.existing;
            this.term = facts.term;
            this.hierarchies = facts.hierarchies;
            this.suffix = facts.suffix;
            this.filter = facts.filter;
            this.ids = facts.ids;
            this.network = facts.network;
            this.etc = facts.etc;
            this.followed = facts.followed;
            this.anyHost = facts.anyHost;
        }

        public Builder capabilities(long mask) {
            capabilities = mask;
            return this;
        }

        public Builder existing(Set<String> paths) {
            existing = paths;
            return this;
        }

        public Builder term(String type) {
            term = type;
            return this;
        }

        /** @param cgroupSuffix of the names of cgroups there */
        public Builder hierarchies(List<Hierarchy> trees, String cgroupSuffix) {
            hierarchies = trees;
            suffix = cgroupSuffix;
            return this;
        }

        public Builder filter(DataArg.@Nullable Filter newFilter) {
            filter = newFilter;
            return this;
        }

        public Builder ids(List<IdMapping> mappings) {
            ids = mappings;
            return this;
        }

        public Builder network(NetworkFacts facts) {
            network = facts;
            return this;
        }

        public Builder etc(Etc files) {
            etc = files;
            return this;
        }

        public Builder followed(Map<String, String> paths) {
            followed = paths;
            return this;
        }

        /** Makes a plan for any host, also with capabilities that are unknown today. */
        public Builder anyHost() {
            anyHost = true;
            lastCapability = LAST_POSSIBLE_CAPABILITY;
            return this;
        }

        public HostFacts build() {
            return new HostFacts(
                    processor,
                    capabilities,
                    lastCapability,
                    existing,
                    scripts,
                    term,
                    hierarchies,
                    suffix,
                    filter,
                    ids,
                    network,
                    etc,
                    followed,
                    anyHost);
        }
    }
}
